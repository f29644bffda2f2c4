using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Puts messages on the wire, for persons or for groups.</summary>
internal interface ITransmitter
{
    /// <summary>Encrypts, commits and sends. Null = the server has it already.</summary>
    /// <param name="outgoing">Its recipient is resolved.</param>
    /// <param name="row">What to send.</param>
    /// <param name="fresh">The server called what we knew stale, and it was refreshed.</param>
    /// <param name="cancellationToken">Honoured until the commit.</param>
    /// <exception cref="SendFailedException">It cannot be sent there.</exception>
    Task<Transmission?> TransmitAsync(Outgoing outgoing, StoredMessage row, bool fresh, CancellationToken cancellationToken);

    /// <summary>Asks the server again who gets it.</summary>
    Task RefreshAsync(Outgoing outgoing);

    /// <summary>The ack named other devices than ours: refreshes and tells whether some were not reached.</summary>
    Task<bool> HasOtherDevicesAsync(Outgoing outgoing, Transmission transmission, ServerAck ack);

    /// <summary>What a nack means for the caller.</summary>
    Task<SendFailedException> ExplainAsync(Outgoing outgoing, int error);
}
