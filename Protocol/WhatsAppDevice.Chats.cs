using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Messaging;
using WhatsApp.Protocol.Presence;
using WhatsApp.Protocol.Profile;

namespace WhatsApp.Protocol;

// Read receipts, typing, presence.
public sealed partial class WhatsAppDevice
{
    private readonly PresenceFeature _presence;
    private readonly PrivacySettings _privacy;
    private readonly ReadReceipts _reads;

    /// <inheritdoc/>
    public Task<ReadMessages> MarkReadAsync(Jid chat, IReadOnlyList<string>? messageIds, CancellationToken cancellationToken) =>
        _reads.MarkAsync(chat, messageIds, cancellationToken);

    /// <inheritdoc/>
    public Task ShowTypingAsync(Jid chat, TypingState state, CancellationToken cancellationToken) => _presence.ShowTypingAsync(chat, state, cancellationToken);

    /// <inheritdoc/>
    public Task WatchPresenceAsync(Jid chat, CancellationToken cancellationToken) => _presence.WatchAsync(chat, cancellationToken);

    /// <inheritdoc/>
    public Task ShowPresenceAsync(bool available, CancellationToken cancellationToken) => _presence.ShowAsync(available, cancellationToken);
}
