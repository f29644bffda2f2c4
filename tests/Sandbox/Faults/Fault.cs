using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Faults;

/// <summary>What can go wrong. The parameters each kind reads are listed at <see cref="Fault"/>.</summary>
public enum FaultKind
{
    /// <summary>The socket is cut without a word.</summary>
    Drop,
    /// <summary><c>stream:error</c>, then the socket closes.</summary>
    StreamError,
    /// <summary><c>failure</c> instead of success.</summary>
    Failure,
    /// <summary>The server's acks for messages come late or never.</summary>
    HoldAcks,
    /// <summary>A message is delivered twice.</summary>
    Duplicate,
    /// <summary>A byte of a message's ciphertext, or of the whole frame, is changed on the way.</summary>
    Corrupt,
    /// <summary>Stanzas to a device come late.</summary>
    Delay,
    /// <summary>A message is refused with an error in its ack and not relayed.</summary>
    Nack,
    /// <summary>The media host answers another HTTP status.</summary>
    MediaStatus,
    /// <summary>Media bytes come or go slowly.</summary>
    MediaSlow,
    /// <summary>A transfer of media breaks off.</summary>
    MediaCut,
    /// <summary>A download ends too early, as if the file were shorter.</summary>
    MediaShort,
    /// <summary>A byte of a download is changed.</summary>
    MediaCorrupt,
    /// <summary>No link code is given for the number.</summary>
    RefuseCode,
}

/// <summary>How far a connection has come.</summary>
public enum ConnectionPhase
{
    /// <summary>Until the end of the Noise handshake.</summary>
    Handshake,
    /// <summary>Connected without an account: waits for a QR scan or a code.</summary>
    Pairing,
    /// <summary>The login is known and not answered yet.</summary>
    Login,
    /// <summary>Logged in.</summary>
    Open,
}

/// <summary>
/// A fault to inject: <c>POST /sandbox/faults</c> takes these names in camel case. Without a target it strikes anyone.
/// </summary>
/// <remarks>
/// drop: phase, ms (wait before the cut). streamError: code, conflict, phase (open = at once and, while count lasts, at later logins).
/// failure: reason, code, expire. holdAcks: ms (absent = never). duplicate: messageId. corrupt: part ("enc" or "frame"), messageId. delay: ms.
/// nack: code. refuseCode: code. mediaStatus: status. mediaSlow: ms (for every 64 KiB). mediaCut: bytes (after so many). mediaShort: bytes.
/// mediaCorrupt: –. All of media: on ("upload" or "download"), host (1 = primary, 2 = fallback); no target.
/// </remarks>
public sealed record Fault
{
    /// <summary>What happens.</summary>
    public required FaultKind Kind { get; init; }
    /// <summary>Target: every device of this account, the phone included.</summary>
    public string? PhoneNumber { get; init; }
    /// <summary>Target: this device only, PN or LID form; a JID without device is the phone.</summary>
    public string? DeviceJid { get; init; }
    /// <summary>When, for drop and streamError.</summary>
    public ConnectionPhase Phase { get; init; } = ConnectionPhase.Open;
    /// <summary>How often it strikes; 1 … 1,000,000.</summary>
    public int Count { get; init; } = 1;
    /// <summary>Milliseconds for drop, holdAcks and delay; 0 … 600,000.</summary>
    public int? Ms { get; init; }
    /// <summary>streamError: its code; failure: the ban code; nack: the error, e.g. "479"; refuseCode: "429" …</summary>
    public string? Code { get; init; }
    /// <summary>failure: 401, 402, 403, 405, 406, 409, 500, 503 …</summary>
    public string? Reason { get; init; }
    /// <summary>failure 402: seconds left of the ban.</summary>
    public int? Expire { get; init; }
    /// <summary>streamError: "replaced" or "device_removed".</summary>
    public string? Conflict { get; init; }
    /// <summary>corrupt: "enc" (default) or "frame".</summary>
    public string? Part { get; init; }
    /// <summary>mediaStatus: 400 … 599.</summary>
    public int? Status { get; init; }

    /// <summary>duplicate, corrupt (enc): only the message with this id; absent = the next one.</summary>
    public string? MessageId { get; init; }
    /// <summary>Media: "upload" or "download"; absent = either.</summary>
    public string? On { get; init; }
    /// <summary>Media: 1 = the primary host, 2 = the fallback; absent = either.</summary>
    public int? Host { get; init; }
    /// <summary>mediaCut, mediaShort: after how many bytes.</summary>
    public long? Bytes { get; init; }

    /// <summary>The first thing wrong with the parameters, or null.</summary>
    public string? Problem() => this switch
    {
        { Count: < 1 or > 1_000_000 } => "count must be 1 … 1000000",
        { Ms: < 0 or > 600_000 } => "ms must be 0 … 600000",
        { Kind: FaultKind.Delay, Ms: null } => "delay needs ms",
        { Kind: FaultKind.Failure, Reason: null } => "failure needs reason",
        { Kind: FaultKind.Nack, Code: null } => "nack needs code",
        { Kind: FaultKind.RefuseCode, Code: var code } when !int.TryParse(code, System.Globalization.NumberStyles.None, null, out _) => "refuseCode needs code",
        { Kind: FaultKind.MediaStatus, Status: not (>= 400 and <= 599) } => "mediaStatus needs a status of 400 … 599",
        { Kind: FaultKind.MediaSlow, Ms: null } => "mediaSlow needs ms",
        { Kind: FaultKind.MediaCut or FaultKind.MediaShort, Bytes: not >= 1 } => "mediaCut and mediaShort need bytes",
        { Kind: FaultKind.MediaShort or FaultKind.MediaCorrupt, On: "upload" } => "mediaShort and mediaCorrupt are faults of downloads",
        { On: not (null or "upload" or "download") } => "on must be upload or download",
        { Host: not (null or 1 or 2) } => "host must be 1 or 2",
        { Kind: FaultKind.StreamError, Code: null, Conflict: null } => "streamError needs code or conflict",
        { Conflict: not (null or "replaced" or "device_removed") } => "conflict must be replaced or device_removed",
        { MessageId: not null, Part: "frame" } => "a frame has no messageId",
        { Part: not (null or "enc" or "frame") } => "part must be enc or frame",
        { DeviceJid: { } jid } when !Jid.TryParse(jid, out var parsed) || !parsed.IsUser => "deviceJid is not a device address",
        _ => null,
    };

    /// <summary>Whether the fault is meant for the message with this id.</summary>
    internal bool StrikesMessage(string id) => MessageId is null || MessageId == id;

    /// <summary>Whether the fault is meant for a transfer at this host (0 or 1).</summary>
    internal bool StrikesMedia(int host, string on) => (Host is null || Host == host + 1) && (On is null || On == on);

    /// <summary>Whether the fault is meant for this account and device. A pairing connection has neither: only faults without target strike it.</summary>
    internal bool Targets(Account? account, int device)
    {
        if (PhoneNumber is null && DeviceJid is null)
            return true;
        if (account is null || (PhoneNumber is not null && PhoneNumber != account.PhoneNumber))
            return false;
        return DeviceJid is null
            || (Jid.TryParse(DeviceJid, out var jid) && jid.Device == device && (jid.IsSameAccount(account.Phone) || jid.IsSameAccount(account.Lid)));
    }
}
