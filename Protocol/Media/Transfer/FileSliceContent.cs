using System.Buffers;
using System.Net;
using System.Net.Http.Headers;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>A request body straight from a file, from an offset on, that tells the clock how it goes.</summary>
internal sealed class FileSliceContent : HttpContent
{
    private const int Piece = 64 * 1024;
    private readonly string _path;
    private readonly long _offset;
    private readonly long _length;
    private readonly TransferClock _clock;

    public FileSliceContent(string path, long offset, long length, TransferClock clock)
    {
        (_path, _offset, _length, _clock) = (path, offset, length, clock);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length - _offset;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Piece);
        try
        {
            await using var file = new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
            file.Position = _offset;
            int read;
            while ((read = await file.ReadAsync(buffer.AsMemory(0, Piece), cancellationToken)) > 0)
            {
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                _clock.Moved(read);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
