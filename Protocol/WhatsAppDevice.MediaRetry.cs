using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

// Files that have left the CDN.
public sealed partial class WhatsAppDevice
{
    private readonly MediaRetryFeature _mediaRetry;

    /// <inheritdoc/>
    public Task AskForFileAsync(StoredMedia media, CancellationToken cancellationToken) => _mediaRetry.AskAsync(media, cancellationToken);
}
