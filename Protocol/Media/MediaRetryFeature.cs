using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Media;

/// <summary>
/// Files that left the CDN (wire/05 §5): asks our own phone for a new upload, and commits its answer with the file's row. The answer may come
/// minutes or days later, when the phone is on again, and to another owner: everything it needs is in the row.
/// </summary>
internal sealed partial class MediaRetryFeature(IDeviceLink link, ILogger logger) : IStanzaHandler
{
    /// <summary>Asks. The answer comes as a batch with <see cref="StoredMedia.Answer"/>.</summary>
    /// <exception cref="LinkClosedException">No connection.</exception>
    public Task AskAsync(StoredMedia media, CancellationToken cancellationToken)
    {
        if (media.MediaKey is not { } key)
            throw new ArgumentException("a file without a key cannot be asked for", nameof(media));
        var own = link.Credentials.Lid ?? link.Credentials.Jid ?? throw new LinkClosedException("the device is not linked");
        Jid? participant = media.Key.Chat.IsUser ? null : media.Key.Sender;
        return link.SendAsync(MediaRetry.Request(media.Key.Id, key, own, media.Key.Chat, media.FromMe, participant), cancellationToken);
    }

    /// <inheritdoc/>
    public bool Handles(Node stanza) => MediaRetry.IsAnswer(stanza);

    /// <inheritdoc/>
    public async ValueTask HandleAsync(IReadOnlyList<Node> stanzas, DeviceStep step, CancellationToken cancellationToken)
    {
        foreach (var stanza in stanzas)
        {
            if (IsOurs(stanza) && stanza["id"] is { Length: > 0 and <= 128 } id)
                Take(stanza, await link.Store.FindMediaAsync(id, cancellationToken), step);
            if (StanzaAck.Wants(stanza))
                step.Send.Add(StanzaAck.Of(stanza, link.Credentials.Jid));
        }
    }

    private bool IsOurs(Node stanza) => stanza.JidOf("from") is { } from
        && (link.Credentials.Jid is { } phone && phone.IsSameAccount(from) || link.Credentials.Lid is { } lid && lid.IsSameAccount(from));

    // Two chats may hold a message of one id: the answer opens under the key of the right one only. A refusal is not sealed and names the chat.
    private void Take(Node stanza, IReadOnlyList<StoredMedia> rows, DeviceStep step)
    {
        foreach (var row in rows.Where(row => row.MediaKey is not null && (rows.Count == 1 || stanza.Child("error") is null || row.Key.Chat == stanza.Child("rmr")?.JidOf("jid"))))
        {
            try
            {
                var answer = MediaRetry.Read(stanza, row.MediaKey);
                step.Batch.Media[row.Key] = answer is { Result: MediaRetryResult.Success, DirectPath: { } path }
                    ? row with { DirectPath = path, Answer = MediaAnswer.Found }
                    : row with { Answer = MediaAnswer.Refused };
                LogAnswer(logger, row.Key.Id, answer.Result);
                return;
            }
            catch (MediaRetryException refused)
            {
                LogRefused(logger, row.Key.Id, refused.Message);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "our phone was asked for the file of {MessageId} again: {Result}")]
    private static partial void LogAnswer(ILogger logger, string messageId, MediaRetryResult result);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the answer about the file of {MessageId} is not usable: {Reason}")]
    private static partial void LogRefused(ILogger logger, string messageId, string reason);
}
