using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol;

/// <summary>What a device can tell and be told about other accounts.</summary>
public interface IDeviceContacts
{
    /// <summary>
    /// Takes phone ↔ LID pairs entered by hand, in one commit. What the server told is not replaced unless <paramref name="force"/>. Works without connection.
    /// </summary>
    /// <exception cref="Connection.LinkClosedException">The device has no keys yet, or is stopped.</exception>
    Task<LidPairsTaken> PutLidPairsAsync(IReadOnlyList<LidPair> pairs, bool force, CancellationToken cancellationToken);

    /// <summary>Asks which numbers are on WhatsApp, all in one question; what the server tells of their LIDs is kept. Answers in the order of the numbers.</summary>
    /// <exception cref="Connection.LinkClosedException">No connection.</exception>
    /// <exception cref="Connection.IqErrorException">The server refused; 429 = too many.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    Task<IReadOnlyList<CheckedNumber>> CheckNumbersAsync(IReadOnlyList<Jid> phones, CancellationToken cancellationToken);

    /// <summary>Asks what an account shows of itself: whether it exists, picture, about. What the server tells of its LID is kept.</summary>
    /// <param name="account">By phone number or LID.</param>
    /// <param name="preview">The small picture (96 pixels) instead of the large one (640).</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Connection.LinkClosedException">No connection.</exception>
    /// <exception cref="Connection.IqErrorException">The server refused; 429 = too many.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    Task<ContactProfile> GetContactAsync(Jid account, bool preview, CancellationToken cancellationToken);
}
