namespace WhatsApp.Protocol;

/// <summary>What a device can tell and be told about other accounts.</summary>
public interface IDeviceContacts
{
    /// <summary>
    /// Takes phone ↔ LID pairs entered by hand, in one commit. What the server told is not replaced unless <paramref name="force"/>. Works without connection.
    /// </summary>
    /// <exception cref="Connection.LinkClosedException">The device has no keys yet, or is stopped.</exception>
    Task<LidPairsTaken> PutLidPairsAsync(IReadOnlyList<LidPair> pairs, bool force, CancellationToken cancellationToken);
}
