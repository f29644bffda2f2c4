using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

/// <summary>
/// One account's linked device. Drive it from one logical thread: call <see cref="RunAsync"/> once on the owner's scheduler;
/// the other methods may be called from that scheduler at any time.
/// </summary>
public interface IWhatsAppDevice : IAsyncDisposable, IDeviceContacts, IDeviceChats, IDeviceGroups, IDeviceMedia, IDeviceMediaRetry, IHeldMessages, IDevicePasskey
{
    /// <summary>Connects, links or logs in, pumps stanzas and reconnects until cancelled or stopped for good.</summary>
    /// <exception cref="FencedException">A newer owner took over.</exception>
    Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Current state; cheap.</summary>
    DeviceSnapshot Snapshot { get; }

    /// <summary>Completes when the snapshot changes after <paramref name="seen"/>.</summary>
    Task WaitForChangeAsync(DeviceSnapshot seen, CancellationToken cancellationToken);

    /// <summary>Sends a message, after its delay, and waits for the server's ack (30 s at most).</summary>
    /// <exception cref="SendFailedException">With the reason.</exception>
    Task<SentMessage> SendAsync(OutgoingMessage message, CancellationToken cancellationToken);

    /// <summary>
    /// Commits a message as queued: it leaves when its time has come and there is a connection, by priority and in order. Returns its message id at once.
    /// With a delay and no time of its own, typing is shown until it leaves.
    /// </summary>
    /// <exception cref="SendFailedException">The device is not linked.</exception>
    Task<string> QueueAsync(OutgoingMessage message, CancellationToken cancellationToken);

    /// <summary>Takes a message out of the queue; false when none of this id waits there (any more). Works without connection.</summary>
    /// <exception cref="Connection.LinkClosedException">The device has no keys yet, or is stopped.</exception>
    Task<bool> CancelAsync(string messageId, CancellationToken cancellationToken);

    /// <summary>From now on it does this by itself.</summary>
    void Behave(DeviceBehaviour behaviour);

    /// <summary>Closes and re-opens the socket with the same credentials; starts a new QR round when unlinked or timed out.</summary>
    Task RestartAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Asks WhatsApp for a code that links this device when it is typed on the phone of this number; the QR stays on show beside it. Starts a new
    /// round when the codes ran out or nearly did; when the connection drops, the next one shows a new code (<see cref="Events.QrUpdated"/>).
    /// </summary>
    /// <param name="phoneNumber">Digits, with country code.</param>
    /// <param name="cancellationToken">Stops waiting; the code may still come.</param>
    /// <exception cref="Pairing.PairingCodeRefusedException">Linked already, or refused by the server.</exception>
    /// <exception cref="Connection.LinkClosedException">The device was stopped or linked, or another code was asked for.</exception>
    /// <exception cref="TimeoutException">No connection or no answer in time.</exception>
    Task<PairingCode> RequestPairingCodeAsync(string phoneNumber, CancellationToken cancellationToken);

    /// <summary>Unlinks from the phone (10 s at most), then forgets the device. Returns whether the server confirmed.</summary>
    Task<bool> LogoutAsync(CancellationToken cancellationToken);
}
