using System.Buffers.Binary;
using System.Security.Cryptography;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Grains.Storage.Exports;

/// <summary>
/// The outer form of an export, which a passphrase opens:
/// <c>"WACLEXP" ‖ version(1) ‖ passes(u32) ‖ KiB(u32) ‖ salt(16) ‖ check(16)</c>, then chunks of AES-256-GCM, little endian.
/// Argon2id gives 48 bytes: the key, and the check that tells a wrong passphrase from a damaged file.
/// </summary>
/// <remarks>
/// A chunk is 64 KiB of content and its tag; the last one may be shorter. Its nonce is <c>number(u64, big endian) ‖ 0 0 0 ‖ is-last</c> (the key belongs to this
/// file alone), and the header is authenticated with each: nothing can be changed, cut off, added or moved.
/// </remarks>
internal static class SealedFile
{
    public const byte Version = 1;
    public const int HeaderSize = 7 + 1 + 4 + 4 + PassphraseKey.SaltSize + CheckSize;
    public const int ChunkSize = 64 * 1024;
    public const int TagSize = 16;
    private const int KeySize = 32, CheckSize = 16, NonceSize = 12;
    private const uint Passes = 3, Kibibytes = 64 * 1024;
    private const uint MostPasses = 100, MostKibibytes = 1024 * 1024;
    private static ReadOnlySpan<byte> Magic => "WACLEXP"u8;

    /// <summary>A new header and its key.</summary>
    public static (byte[] Header, AesGcm Cipher) New(string passphrase)
    {
        var header = new byte[HeaderSize];
        Magic.CopyTo(header);
        header[7] = Version;
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), Passes);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(12), Kibibytes);
        RandomNumberGenerator.Fill(header.AsSpan(16, PassphraseKey.SaltSize));
        var (cipher, check) = Derive(header, passphrase);
        check.CopyTo(header, HeaderSize - CheckSize);
        return (header, cipher);
    }

    /// <summary>The key of a header.</summary>
    /// <exception cref="ExportException">No export, one of a newer version, or another passphrase.</exception>
    public static AesGcm Open(byte[] header, string passphrase)
    {
        if (header.Length != HeaderSize || !header.AsSpan().StartsWith(Magic))
            throw new ExportException("this file is not an export");
        if (header[7] != Version)
            throw new ExportException($"this export has version {header[7]}, this program knows {Version}: use a newer program");
        if (BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)) is 0 or > MostPasses || BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)) is < 8 or > MostKibibytes)
            throw new ExportException("this export is damaged: its header makes no sense");
        var (cipher, check) = Derive(header, passphrase);
        if (CryptographicOperations.FixedTimeEquals(check, header.AsSpan(HeaderSize - CheckSize)))
            return cipher;
        cipher.Dispose();
        throw new ExportException("the passphrase is wrong");
    }

    public static void Nonce(Span<byte> nonce, ulong number, bool isLast)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(nonce, number);
        nonce[NonceSize - 1] = isLast ? (byte)1 : (byte)0;
    }

    private static (AesGcm Cipher, byte[] Check) Derive(byte[] header, string passphrase)
    {
        var both = PassphraseKey.Derive(passphrase, header.AsSpan(16, PassphraseKey.SaltSize),
            BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(8)), BinaryPrimitives.ReadUInt32LittleEndian(header.AsSpan(12)), KeySize + CheckSize);
        var cipher = new AesGcm(both.AsSpan(0, KeySize), TagSize);
        CryptographicOperations.ZeroMemory(both.AsSpan(0, KeySize));
        return (cipher, both[KeySize..]);
    }
}
