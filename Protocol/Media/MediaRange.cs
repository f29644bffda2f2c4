using System.Security.Cryptography;

namespace WhatsApp.Protocol.Media;

/// <summary>
/// A part of an encrypted file (wire/05 §4): CBC needs the block before as IV. The part is not authenticated: only for files whose hash was
/// checked before.
/// </summary>
public sealed class MediaRange
{
    private MediaRange(long start, long end, long cipherStart, long cipherEnd) => (Start, End, CipherStart, CipherEnd) = (start, end, cipherStart, cipherEnd);

    /// <summary>First byte of plaintext.</summary>
    public long Start { get; }
    /// <summary>Byte after the last of plaintext.</summary>
    public long End { get; }
    /// <summary>First byte of ciphertext to fetch.</summary>
    public long CipherStart { get; }
    /// <summary>Byte after the last of ciphertext to fetch.</summary>
    public long CipherEnd { get; }

    /// <summary>What to fetch for plaintext [start, end) of a file of this plaintext length.</summary>
    /// <exception cref="ArgumentOutOfRangeException">Not 0 ≤ start &lt; end ≤ length.</exception>
    public static MediaRange Of(long start, long end, long fileLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(start, end);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, fileLength);
        const int block = MediaEncryptor.BlockSize;
        return new MediaRange(start, end, Math.Max(0, start / block * block - block), (end + block - 1) / block * block);
    }

    /// <summary>The plaintext of the fetched bytes.</summary>
    /// <exception cref="MediaDamagedException">Not the bytes asked for.</exception>
    public byte[] Decrypt(ReadOnlySpan<byte> cipher, ReadOnlySpan<byte> mediaKey, MediaType type)
    {
        if (cipher.Length != CipherEnd - CipherStart)
            throw new MediaDamagedException(MediaDamage.Length);
        using var keys = MediaKeys.Derive(mediaKey, type);
        using var aes = Aes.Create();
        aes.SetKey(keys.CipherKey);
        var atBeginning = Start < MediaEncryptor.BlockSize;
        var iv = atBeginning ? keys.Iv : cipher[..MediaEncryptor.BlockSize];
        var blocks = atBeginning ? cipher : cipher[MediaEncryptor.BlockSize..];
        var plain = aes.DecryptCbc(blocks, iv, PaddingMode.None);
        return plain.AsSpan((int)(Start % MediaEncryptor.BlockSize), (int)(End - Start)).ToArray();
    }
}
