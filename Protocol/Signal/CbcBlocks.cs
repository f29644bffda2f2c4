using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace WhatsApp.Protocol.Signal;

/// <summary>AES-256-CBC with PKCS#7: the body of every Signal message (wire/03 §5, §7).</summary>
internal static class CbcBlocks
{
    /// <summary>Length of a block, bytes.</summary>
    public const int Size = 16;

    [ThreadStatic]
    private static Aes? _aes;

    /// <summary>Ciphertext length of a plaintext: 1 … 16 bytes longer.</summary>
    public static int SizeOf(int plaintextLength) => ((plaintextLength / Size) + 1) * Size;

    public static void Encrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> plaintext, Span<byte> ciphertext) =>
        Keyed(key).EncryptCbc(plaintext, iv, ciphertext);

    /// <summary>False when the padding inside is wrong.</summary>
    public static bool TryDecrypt(ReadOnlySpan<byte> key, ReadOnlySpan<byte> iv, ReadOnlySpan<byte> ciphertext, [NotNullWhen(true)] out byte[]? plaintext)
    {
        try
        {
            plaintext = Keyed(key).DecryptCbc(ciphertext, iv);
            return true;
        }
        catch (CryptographicException)
        {
            plaintext = null;
            return false;
        }
    }

    private static Aes Keyed(ReadOnlySpan<byte> key)
    {
        var aes = _aes ??= Aes.Create();
        aes.SetKey(key);
        return aes;
    }
}
