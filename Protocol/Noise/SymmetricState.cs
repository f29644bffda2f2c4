using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Noise;

/// <summary>Hash, chaining key, cipher key and counter of a handshake in progress (wire/01 §3.1).</summary>
internal sealed class SymmetricState
{
    internal const int TagSize = 16;
    private const int HashSize = 32;

    internal static readonly byte[] Xx = Encoding.ASCII.GetBytes("Noise_XX_25519_AESGCM_SHA256\0\0\0\0");
    internal static readonly byte[] Ik = Encoding.ASCII.GetBytes("Noise_IK_25519_AESGCM_SHA256\0\0\0\0");
    internal static readonly byte[] XxFallback = Encoding.ASCII.GetBytes("Noise_XXfallback_25519_AESGCM_SHA256");

    private readonly byte[] _hash, _chainingKey, _key;

    /// <param name="protocolName">Used as it is when 32 bytes long, else hashed. The prologue header is not mixed in yet.</param>
    internal SymmetricState(ReadOnlySpan<byte> protocolName)
    {
        _hash = protocolName.Length == HashSize ? protocolName.ToArray() : SHA256.HashData(protocolName);
        (_chainingKey, _key) = ([.. _hash], [.. _hash]);
    }

    internal ReadOnlySpan<byte> Hash => _hash;

    internal ReadOnlySpan<byte> ChainingKey => _chainingKey;

    internal ReadOnlySpan<byte> Key => _key;

    internal uint Counter { get; private set; }

    internal void MixHash(ReadOnlySpan<byte> data)
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        sha.AppendData(_hash);
        sha.AppendData(data);
        sha.GetHashAndReset(_hash);
    }

    internal void MixKey(ReadOnlySpan<byte> sharedSecret)
    {
        Span<byte> output = stackalloc byte[2 * HashSize];
        Derive(sharedSecret, output);
        output[..HashSize].CopyTo(_chainingKey);
        output[HashSize..].CopyTo(_key);
        Counter = 0;
        CryptographicOperations.ZeroMemory(output);
    }

    /// <summary>Mixes in DH(private, public).</summary>
    /// <exception cref="NoiseException">The peer's key is a low-order point.</exception>
    internal void MixAgreement(KeyPair ours, ReadOnlySpan<byte> theirs)
    {
        Span<byte> shared = stackalloc byte[Curve25519.KeySize];
        try
        {
            Curve25519.Agree(ours.PrivateKey, theirs, shared);
            MixKey(shared);
        }
        catch (InvalidPublicKeyException e)
        {
            throw new NoiseException("The peer sent a key that must not be used.", e);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(shared);
        }
    }

    /// <summary>Ciphertext ‖ tag, mixed into the hash.</summary>
    internal byte[] Encrypt(ReadOnlySpan<byte> plaintext)
    {
        var ciphertext = new byte[plaintext.Length + TagSize];
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, Counter++);
        using var cipher = new AesGcm(_key, TagSize);
        cipher.Encrypt(nonce, plaintext, ciphertext.AsSpan(0, plaintext.Length), ciphertext.AsSpan(plaintext.Length), _hash);
        MixHash(ciphertext);
        return ciphertext;
    }

    /// <summary>False when the ciphertext does not authenticate: the state is unchanged.</summary>
    internal bool TryDecrypt(ReadOnlySpan<byte> ciphertext, out byte[] plaintext)
    {
        plaintext = [];
        if (ciphertext.Length < TagSize)
            return false;
        var opened = new byte[ciphertext.Length - TagSize];
        Span<byte> nonce = stackalloc byte[12];
        WriteNonce(nonce, Counter);
        using var cipher = new AesGcm(_key, TagSize);
        try
        {
            cipher.Decrypt(nonce, ciphertext[..^TagSize], ciphertext[^TagSize..], opened, _hash);
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        Counter++;
        MixHash(ciphertext);
        plaintext = opened;
        return true;
    }

    /// <exception cref="NoiseException">Does not authenticate.</exception>
    internal byte[] Decrypt(ReadOnlySpan<byte> ciphertext, string what) =>
        TryDecrypt(ciphertext, out var plaintext) ? plaintext : throw new NoiseException($"The {what} does not authenticate.");

    /// <summary>A peer's static key: 32 bytes.</summary>
    /// <exception cref="NoiseException">Does not authenticate or is no key.</exception>
    internal byte[] DecryptKey(ReadOnlySpan<byte> ciphertext, string what)
    {
        var key = Decrypt(ciphertext, what);
        return key.Length == Curve25519.KeySize ? key : throw new NoiseException($"The {what} is not 32 bytes long.");
    }

    /// <summary>The two transport keys, 32 bytes each.</summary>
    internal (byte[] ClientToServer, byte[] ServerToClient) Split()
    {
        Span<byte> output = stackalloc byte[2 * HashSize];
        Derive([], output);
        var keys = (output[..HashSize].ToArray(), output[HashSize..].ToArray());
        CryptographicOperations.ZeroMemory(output);
        return keys;
    }

    /// <summary>
    /// HKDF-SHA256 with the chaining key as salt, empty info, 64 bytes out. By hand because the split has empty key material,
    /// which the platform's HKDF refuses on OpenSSL.
    /// </summary>
    private void Derive(ReadOnlySpan<byte> keyMaterial, Span<byte> output)
    {
        Span<byte> work = stackalloc byte[2 * HashSize + 1];
        Span<byte> extracted = work[..HashSize], second = work[HashSize..];
        HMACSHA256.HashData(_chainingKey, keyMaterial, extracted);
        HMACSHA256.HashData(extracted, [1], output[..HashSize]);
        output[..HashSize].CopyTo(second);
        second[HashSize] = 2;
        HMACSHA256.HashData(extracted, second, output[HashSize..]);
        CryptographicOperations.ZeroMemory(work);
    }

    /// <summary>Eight zero bytes ‖ the counter as 32 bits big endian.</summary>
    internal static void WriteNonce(Span<byte> nonce, uint counter)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(nonce[8..], counter);
    }

    /// <summary>Wipes the keys; the state is of no use afterwards.</summary>
    internal void Wipe()
    {
        CryptographicOperations.ZeroMemory(_chainingKey);
        CryptographicOperations.ZeroMemory(_key);
    }
}
