using System.Buffers;

namespace WhatsApp.Protocol.Media;

/// <summary>Files through the cipher, stream to stream, in constant memory (wire/05 §2).</summary>
public static class MediaCipher
{
    private const int Piece = 64 * 1024;

    /// <summary>Bytes that are uploaded for a plaintext of this length.</summary>
    public static long EncryptedLength(long plainLength) => MediaEncryptor.LengthOf(plainLength);

    /// <summary>Encrypts all of <paramref name="plaintext"/> into <paramref name="encrypted"/>.</summary>
    /// <param name="plaintext">Read to its end.</param>
    /// <param name="encrypted">Gets ciphertext ‖ mac.</param>
    /// <param name="mediaKey">32 bytes, used for this one file.</param>
    /// <param name="type">Decides the keys.</param>
    /// <param name="extras">Sidecars to make.</param>
    /// <param name="cancellationToken">Ends the work; what was written is worthless then.</param>
    public static async Task<EncryptedMedia> EncryptAsync(
        Stream plaintext, Stream encrypted, ReadOnlyMemory<byte> mediaKey, MediaType type, MediaExtras? extras = null, CancellationToken cancellationToken = default)
    {
        using var keys = MediaKeys.Derive(mediaKey.Span, type);
        using var encryptor = new MediaEncryptor(keys, extras ?? new MediaExtras());
        var plain = ArrayPool<byte>.Shared.Rent(Piece);
        var cipher = ArrayPool<byte>.Shared.Rent(Piece + 2 * MediaEncryptor.BlockSize);
        try
        {
            int read;
            while ((read = await plaintext.ReadAtLeastAsync(plain.AsMemory(0, Piece), Piece, throwOnEndOfStream: false, cancellationToken)) == Piece)
            {
                encryptor.Blocks(plain.AsSpan(0, Piece), cipher);
                await encrypted.WriteAsync(cipher.AsMemory(0, Piece), cancellationToken);
            }
            var last = encryptor.Last(plain.AsSpan(0, read), cipher);
            await encrypted.WriteAsync(cipher.AsMemory(0, last), cancellationToken);
            return encryptor.Finish();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(plain, clearArray: true);
            ArrayPool<byte>.Shared.Return(cipher);
        }
    }

    /// <summary>
    /// Decrypts all of <paramref name="encrypted"/>. Until this returns without an exception, what is in <paramref name="plaintext"/> is not
    /// trustworthy: give a temporary file and throw it away on failure (<see cref="DecryptFileAsync"/> does).
    /// </summary>
    /// <returns>Bytes of plaintext.</returns>
    /// <exception cref="MediaDamagedException">A check failed.</exception>
    public static async Task<long> DecryptAsync(Stream encrypted, Stream plaintext, ReadOnlyMemory<byte> mediaKey, MediaType type,
        byte[]? fileSha256, byte[]? fileEncSha256, CancellationToken cancellationToken = default)
    {
        using var keys = MediaKeys.Derive(mediaKey.Span, type);
        using var decryptor = new MediaDecryptor(keys);
        var blob = ArrayPool<byte>.Shared.Rent(Piece);
        var plain = ArrayPool<byte>.Shared.Rent(MediaDecryptor.RoomFor(Piece));
        long total = 0;
        try
        {
            int read;
            while ((read = await encrypted.ReadAsync(blob.AsMemory(0, Piece), cancellationToken)) > 0)
            {
                var written = decryptor.Take(blob.AsSpan(0, read), plain);
                await plaintext.WriteAsync(plain.AsMemory(0, written), cancellationToken);
                total += written;
            }
            var last = decryptor.Finish(fileSha256, fileEncSha256, plain);
            await plaintext.WriteAsync(plain.AsMemory(0, last), cancellationToken);
            return total + last;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(blob);
            ArrayPool<byte>.Shared.Return(plain, clearArray: true);
        }
    }

    /// <summary>Decrypts a file; <paramref name="plainPath"/> exists only after every check has passed.</summary>
    /// <exception cref="MediaDamagedException">A check failed; no file was left.</exception>
    public static async Task<long> DecryptFileAsync(string encryptedPath, string plainPath, ReadOnlyMemory<byte> mediaKey, MediaType type,
        byte[]? fileSha256, byte[]? fileEncSha256, CancellationToken cancellationToken = default)
    {
        using var target = new UnverifiedFile(plainPath);
        long length;
        await using (var encrypted = new FileStream(encryptedPath, FileMode.Open, FileAccess.Read, FileShare.Read, Piece, FileOptions.Asynchronous))
            length = await DecryptAsync(encrypted, target.Stream, mediaKey, type, fileSha256, fileEncSha256, cancellationToken);
        await target.KeepAsync(cancellationToken);
        return length;
    }
}
