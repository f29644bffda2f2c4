using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

/// <summary>Files that have left the CDN.</summary>
public interface IDeviceMediaRetry
{
    /// <summary>
    /// Asks our own phone to upload the file of a message again (wire/05 §5). Whatever it answers is committed with the file's row
    /// (<see cref="StoredMedia.Answer"/>), now or when the phone is on again.
    /// </summary>
    /// <exception cref="Connection.LinkClosedException">No connection.</exception>
    Task AskForFileAsync(StoredMedia media, CancellationToken cancellationToken);
}
