using System.Security.Cryptography;
using System.Text;

namespace WhatsApp.Protocol.Crypto;

/// <summary>Sealed bytes that do not open: wrong key, wrong place or changed.</summary>
public sealed class SecretBoxException(string message) : Exception(message);

/// <summary>
/// Seals secrets at rest: AES-256-GCM, form 01 ‖ nonce(12) ‖ ciphertext ‖ tag(16). The key of a place is
/// HMAC-SHA256(data key, place), so the 2^32-message bound of random nonces counts per place, not per installation;
/// the place is authenticated besides. Thread-safe.
/// </summary>
public sealed class SecretBox
{
    private const byte Version = 0x01;
    private const int KeySize = 32, NonceSize = 12, TagSize = 16, Overhead = 1 + NonceSize + TagSize;

    private readonly byte[] _key;

    /// <summary>32-byte data key.</summary>
    /// <exception cref="ArgumentException">Not 32 bytes.</exception>
    public SecretBox(ReadOnlySpan<byte> key)
    {
        if (key.Length != KeySize)
            throw new ArgumentException("The data key has 32 bytes.", nameof(key));
        _key = key.ToArray();
    }

    /// <summary>Seals; <paramref name="place"/> (e.g. "instance|table|key") must be the same on opening.</summary>
    public byte[] Seal(ReadOnlySpan<byte> plaintext, string place)
    {
        var output = new byte[Overhead + plaintext.Length];
        output[0] = Version;
        var nonce = output.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        var associated = Encoding.UTF8.GetBytes(place);
        using var cipher = CipherOf(associated);
        cipher.Encrypt(nonce, plaintext, output.AsSpan(1 + NonceSize, plaintext.Length), output.AsSpan(output.Length - TagSize), associated);
        return output;
    }

    /// <summary>Opens.</summary>
    /// <exception cref="SecretBoxException">Wrong key or place, or changed bytes.</exception>
    public byte[] Open(ReadOnlySpan<byte> sealedBytes, string place)
    {
        if (sealedBytes.Length < Overhead || sealedBytes[0] != Version)
            throw new SecretBoxException("Not sealed bytes of a known version.");
        var plaintext = new byte[sealedBytes.Length - Overhead];
        var associated = Encoding.UTF8.GetBytes(place);
        using var cipher = CipherOf(associated);
        try
        {
            cipher.Decrypt(sealedBytes.Slice(1, NonceSize), sealedBytes[(1 + NonceSize)..^TagSize], sealedBytes[^TagSize..], plaintext, associated);
            return plaintext;
        }
        catch (AuthenticationTagMismatchException)
        {
            throw new SecretBoxException("The sealed bytes do not open: another data key, another place, or changed bytes.");
        }
    }

    private AesGcm CipherOf(ReadOnlySpan<byte> place)
    {
        Span<byte> key = stackalloc byte[KeySize];
        HMACSHA256.HashData(_key, place, key);
        var cipher = new AesGcm(key, TagSize); // one user at a time each: a cipher per call keeps the box thread-safe
        CryptographicOperations.ZeroMemory(key);
        return cipher;
    }
}
