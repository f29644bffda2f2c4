using System.Net;

namespace WhatsApp.Grains.Media;

/// <summary>A body of exactly as many bytes as announced; the caller keeps the stream.</summary>
internal sealed class SizedContent : HttpContent
{
    private const int Piece = 64 * 1024;

    private readonly Stream _source;
    private readonly long _length;

    public SizedContent(Stream source, long length, string contentType)
    {
        (_source, _length) = (source, length);
        Headers.TryAddWithoutValidation("Content-Type", contentType);
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        var buffer = new byte[Piece];
        long sent = 0;
        int read;
        while ((read = await _source.ReadAsync(buffer, cancellationToken)) > 0)
        {
            sent += read;
            if (sent > _length)
                break;
            await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }
        if (sent != _length)
            throw new IOException($"the content has another length than the {_length} bytes announced");
    }
}
