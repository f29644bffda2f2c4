using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

/// <summary>Where WhatsApp is and what we say we are.</summary>
public sealed record DeviceOptions
{
    /// <summary>WebSocket address.</summary>
    public Uri SocketUrl { get; init; } = new("wss://web.whatsapp.com/ws/chat");
    /// <summary>Noise root public key, 32 bytes; null = production.</summary>
    public byte[]? NoiseRootKey { get; init; }
    /// <summary>PEM file trusted in addition to the system's roots; null = none.</summary>
    public string? ExtraCaFile { get; init; }
    /// <summary>Client version, e.g. 2.3000.1045649367.</summary>
    public string Version { get; init; } = "2.3000.1045649367";
    /// <summary>Name shown in the phone's list of linked devices, "Browser (OS)".</summary>
    public string DeviceName { get; init; } = "Chrome (Linux)";
    /// <summary>Digits: every round of linking asks for a code for this number beside its QR codes; null = only when asked to.</summary>
    public string? PairingNumber { get; init; }
    /// <summary>Sessions kept in memory per device.</summary>
    public int SessionCacheSize { get; init; } = 64;
}

/// <summary>States of rest-api part B.</summary>
public enum DeviceStatus
{
    /// <summary>Never started.</summary>
    Created,
    /// <summary>First connection under way.</summary>
    Connecting,
    /// <summary>A QR is waiting to be scanned.</summary>
    Qr,
    /// <summary>Scanned; keys are exchanged.</summary>
    Pairing,
    /// <summary>Logged in and proven by a server round trip.</summary>
    Open,
    /// <summary>Was linked; the connection is being re-made.</summary>
    Reconnecting,
    /// <summary>Stopped, or linking timed out.</summary>
    Closed,
    /// <summary>Unlinked; credentials are gone.</summary>
    LoggedOut,
    /// <summary>Restricted by WhatsApp; credentials kept.</summary>
    Restricted,
}

/// <summary>A snapshot for status pages. Times are UTC.</summary>
public sealed record DeviceSnapshot(DeviceStatus Status, Jid? Jid, Jid? Lid, string? PushName, DateTimeOffset? ConnectedAt, DateTimeOffset? VerifiedAt,
    Events.ConnectionClosed? LastDisconnect, DateTimeOffset? LastDisconnectAt, QrCode? Qr);

/// <summary>The QR on show.</summary>
public sealed record QrCode(string Text, int Attempt, int MaxAttempts, DateTimeOffset ExpiresAt)
{
    /// <summary>The code that may be typed instead, or null.</summary>
    public PairingCode? PairingCode { get; init; }
}

/// <summary>Eight characters a user types on the phone instead of scanning.</summary>
/// <param name="Text">As shown: XXXX-XXXX.</param>
/// <param name="ExpiresAt">180 s after its making, or the end of the round of QR codes, whichever comes first.</param>
public sealed record PairingCode(string Text, DateTimeOffset ExpiresAt);

/// <summary>A text to send.</summary>
/// <param name="To">User account (PN or LID).</param>
/// <param name="Text">1 … 65536 characters.</param>
public sealed record SendText(Jid To, string Text)
{
    /// <summary>Caller-chosen id; null = made here.</summary>
    public string? MessageId { get; init; }
    /// <summary>Echoed in events.</summary>
    public string? ClientRef { get; init; }
}

/// <summary>The server has the message.</summary>
public sealed record SentMessage(string MessageId, Jid To, long Timestamp, MessageStatus Status);

/// <summary>A send that did not succeed. <see cref="Code"/> as in rest-api part A.</summary>
public sealed class SendFailedException(string code, string message, int? nack = null, string? messageId = null) : Exception(message)
{
    /// <summary>instance-not-connected | recipient-not-on-whatsapp | send-timeout | reachout-timelock | whatsapp-error …</summary>
    public string Code { get; } = code;
    /// <summary>Server's number, if it gave one.</summary>
    public int? Nack { get; } = nack;
    /// <summary>The id under which the outcome can be asked later.</summary>
    public string? MessageId { get; } = messageId;
}

/// <summary>
/// One account's linked device. Drive it from one logical thread: call <see cref="RunAsync"/> once on the owner's scheduler;
/// the other methods may be called from that scheduler at any time.
/// </summary>
public interface IWhatsAppDevice : IAsyncDisposable
{
    /// <summary>Connects, links or logs in, pumps stanzas and reconnects until cancelled or stopped for good.</summary>
    /// <exception cref="FencedException">A newer owner took over.</exception>
    Task RunAsync(CancellationToken cancellationToken);

    /// <summary>Current state; cheap.</summary>
    DeviceSnapshot Snapshot { get; }

    /// <summary>Completes when the snapshot changes after <paramref name="seen"/>.</summary>
    Task WaitForChangeAsync(DeviceSnapshot seen, CancellationToken cancellationToken);

    /// <summary>Sends a text and waits for the server's ack (30 s at most).</summary>
    /// <exception cref="SendFailedException">With the reason.</exception>
    Task<SentMessage> SendTextAsync(SendText message, CancellationToken cancellationToken);

    /// <summary>Commits a text as queued: it is sent after the next login, in order. Returns its message id at once.</summary>
    /// <exception cref="SendFailedException">The device is not linked.</exception>
    Task<string> QueueTextAsync(SendText message, CancellationToken cancellationToken);

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
