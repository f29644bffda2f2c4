using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol;

/// <summary>States of rest-api part B.</summary>
public enum DeviceStatus
{
    /// <summary>Never started.</summary>
    Created,
    /// <summary>First connection under way.</summary>
    Connecting,
    /// <summary>A QR is waiting to be scanned.</summary>
    Qr,
    /// <summary>Scanned; the server demands a passkey.</summary>
    PasskeyRequired,
    /// <summary>The user is to compare a code with the phone's.</summary>
    PasskeyConfirm,
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
    Events.ConnectionClosed? LastDisconnect, DateTimeOffset? LastDisconnectAt, QrCode? Qr)
{
    /// <summary>The passkey the server demands, or null.</summary>
    public PasskeyDemand? Passkey { get; init; }
}

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
