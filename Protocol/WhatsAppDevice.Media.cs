using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;

namespace WhatsApp.Protocol;

// Files.
public sealed partial class WhatsAppDevice
{
    private readonly MediaConnections _mediaConnections;
    private TaskScheduler? _home;

    /// <inheritdoc/>
    public IMediaConnectionSource MediaConnections => _mediaConnections;

    /// <inheritdoc/>
    public Task<SentMessage?> ReleaseAsync(string messageId, OutgoingMedia media, CancellationToken cancellationToken) =>
        _messaging.Held.ReleaseAsync(messageId, media, cancellationToken);

    /// <inheritdoc/>
    public Task AbandonAsync(string messageId, SendFailedException failure, CancellationToken cancellationToken) =>
        _messaging.Held.AbandonAsync(messageId, failure, cancellationToken);

    // Transfers run elsewhere; questions are asked on the owner's scheduler like all others.
    private Task<Node> AskForMediaAsync(Node iq, CancellationToken cancellationToken) => _home is { } home
        ? Task.Factory.StartNew(() => ((IDeviceLink)this).QueryAsync(iq, cancellationToken), cancellationToken, TaskCreationOptions.DenyChildAttach, home).Unwrap()
        : Task.FromException<Node>(NotConnected());
}
