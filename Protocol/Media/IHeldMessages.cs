using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Media;

/// <summary>
/// Messages that are durable and wait for their file: queued like any other, but nothing leaves before <see cref="ReleaseAsync"/> says where the
/// file is. The next owner of the device finds them again under the same ids.
/// </summary>
public interface IHeldMessages
{
    /// <summary>The recipe of a held message among the pending rows of the store, or null when the row is none.</summary>
    static string? RecipeOf(StoredMessage row) => Messaging.HeldContent.RecipeOf(row);

    /// <summary>
    /// The file is there: the message goes out, or waits for its time (null). Else waits for the server's ack, 30 s at most. A message that is no longer held is only waited for.
    /// </summary>
    /// <param name="messageId">Of the held message.</param>
    /// <param name="media">The file and what is known of it now. Caption and view-once stay as they were.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="SendFailedException">With the reason; message-not-found when there is no such message.</exception>
    Task<SentMessage?> ReleaseAsync(string messageId, OutgoingMedia media, CancellationToken cancellationToken);

    /// <summary>The file will never be there: the message fails with this code. One that is no longer held stays as it is.</summary>
    Task AbandonAsync(string messageId, SendFailedException failure, CancellationToken cancellationToken);
}
