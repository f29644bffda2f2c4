using System.Buffers;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>Takes the bytes of one file over all tries, decrypts them to disk as they come, and keeps the file only when every check passes.</summary>
internal sealed class MediaReceiver : IDisposable
{
    private const int Piece = 64 * 1024;
    private readonly MediaDescriptor _media;
    private readonly string _path;
    private readonly UnverifiedFile _file;
    private readonly MediaDecryptor _decryptor;
    private readonly byte[] _blob = ArrayPool<byte>.Shared.Rent(Piece);
    private readonly byte[] _plain = ArrayPool<byte>.Shared.Rent(MediaDecryptor.RoomFor(Piece));
    private long _written;

    public MediaReceiver(MediaDescriptor media, string path)
    {
        (_media, _path) = (media, path);
        using var keys = media.MediaKey is { } key ? MediaKeys.Derive(key, media.Type) : null;
        _decryptor = new MediaDecryptor(keys);
        _file = new UnverifiedFile(path);
    }

    /// <summary>Where the next bytes are read into.</summary>
    public Memory<byte> Space => _blob.AsMemory(0, Piece);

    /// <summary>Bytes taken so far: a new try goes on here.</summary>
    public long Received { get; private set; }

    /// <summary>Takes bytes that were read into <see cref="Space"/>.</summary>
    public async ValueTask TakeAsync(int start, int count, CancellationToken cancellationToken)
    {
        var written = _decryptor.Take(_blob.AsSpan(start, count), _plain);
        await _file.Stream.WriteAsync(_plain.AsMemory(0, written), cancellationToken);
        Received += count;
        _written += written;
    }

    /// <summary>All bytes came.</summary>
    /// <exception cref="MediaDamagedException">They are not the announced file.</exception>
    public async Task<MediaStored> FinishAsync(CancellationToken cancellationToken)
    {
        var last = _decryptor.Finish(_media.FileSha256, _media.FileEncSha256, _plain);
        await _file.Stream.WriteAsync(_plain.AsMemory(0, last), cancellationToken);
        await _file.KeepAsync(cancellationToken);
        return new MediaStored(_path, _written + last);
    }

    public void Dispose()
    {
        _decryptor.Dispose();
        _file.Dispose();
        ArrayPool<byte>.Shared.Return(_blob);
        ArrayPool<byte>.Shared.Return(_plain, clearArray: true);
    }
}
