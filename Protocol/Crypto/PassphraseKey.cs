using System.Security.Cryptography;
using System.Text;

namespace WhatsApp.Protocol.Crypto;

/// <summary>A key from words a person chose: Argon2id (RFC 9106, libsodium's crypto_pwhash), slow and hungry for memory on purpose.</summary>
public static class PassphraseKey
{
    /// <summary>Length of the salt, bytes.</summary>
    public const int SaltSize = 16;
    private const int Argon2Id13 = 2;

    /// <summary>Derives a key.</summary>
    /// <param name="passphrase">Any text; hashed as UTF-8.</param>
    /// <param name="salt">16 random bytes, kept beside what the key seals.</param>
    /// <param name="passes">At least 1.</param>
    /// <param name="kibibytes">Memory, at least 8 KiB.</param>
    /// <param name="length">Of the key, bytes.</param>
    /// <exception cref="CryptographicException">There is not so much memory.</exception>
    public static byte[] Derive(string passphrase, ReadOnlySpan<byte> salt, uint passes, uint kibibytes, int length)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(salt.Length, SaltSize, nameof(salt));
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 1u);
        ArgumentOutOfRangeException.ThrowIfLessThan(kibibytes, 8u);
        var words = Encoding.UTF8.GetBytes(passphrase);
        var key = new byte[length];
        try
        {
            Sodium.Check(Sodium.PasswordHash(key, (ulong)length, words, (ulong)words.Length, salt, passes, (nuint)kibibytes * 1024, Argon2Id13));
            return key;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(words);
        }
    }
}
