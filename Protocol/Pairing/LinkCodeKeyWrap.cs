using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace WhatsApp.Protocol.Pairing;

/// <summary>
/// Hides an ephemeral public key under the link code (wire/01 §7): salt(32) ‖ iv(16) ‖ AES-256-CTR(PBKDF2(code, salt), iv, key).
/// </summary>
/// <remarks>Deliberately slow: tens of milliseconds of CPU a call.</remarks>
public static class LinkCodeKeyWrap
{
    /// <summary>Length of a wrapped key.</summary>
    public const int WrappedSize = SaltSize + IvSize + KeySize;

    private const int SaltSize = 32;
    private const int IvSize = 16;
    private const int KeySize = 32;
    private const int Iterations = 131072;

    /// <summary>Wraps a 32-byte public key: 80 bytes.</summary>
    public static byte[] Wrap(ReadOnlySpan<byte> publicKey, LinkCode code) =>
        Wrap(publicKey, code, RandomNumberGenerator.GetBytes(SaltSize), RandomNumberGenerator.GetBytes(IvSize));

    internal static byte[] Wrap(ReadOnlySpan<byte> publicKey, LinkCode code, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> iv)
    {
        if (publicKey.Length != KeySize)
            throw new ArgumentException("a public key has 32 bytes", nameof(publicKey));
        return [.. salt, .. iv, .. Crypt(publicKey, code, salt, iv)];
    }

    /// <summary>The 32-byte public key. A wrong code gives other bytes, not an error.</summary>
    /// <exception cref="LinkCodeException">Not 80 bytes.</exception>
    public static byte[] Unwrap(ReadOnlySpan<byte> wrapped, LinkCode code) => wrapped.Length == WrappedSize
        ? Crypt(wrapped[(SaltSize + IvSize)..], code, wrapped[..SaltSize], wrapped.Slice(SaltSize, IvSize))
        : throw new LinkCodeException(LinkCodeFailure.Malformed, "a wrapped key has 80 bytes");

    private static byte[] Crypt(ReadOnlySpan<byte> input, LinkCode code, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> iv)
    {
        var key = Rfc2898DeriveBytes.Pbkdf2(Encoding.ASCII.GetBytes(code.Value), salt, Iterations, HashAlgorithmName.SHA256, KeySize);
        using var aes = Aes.Create();
        aes.SetKey(key);
        CryptographicOperations.ZeroMemory(key);
        Span<byte> counters = stackalloc byte[KeySize];
        var counter = BinaryPrimitives.ReadUInt128BigEndian(iv);
        BinaryPrimitives.WriteUInt128BigEndian(counters, counter);
        BinaryPrimitives.WriteUInt128BigEndian(counters[IvSize..], unchecked(counter + 1));
        var output = aes.EncryptEcb(counters, PaddingMode.None);
        for (var i = 0; i < output.Length; i++)
            output[i] ^= input[i];
        return output;
    }
}
