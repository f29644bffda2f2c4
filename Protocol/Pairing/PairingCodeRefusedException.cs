namespace WhatsApp.Protocol.Pairing;

/// <summary>Why there is no code for a number.</summary>
public enum PairingCodeRefusal
{
    /// <summary>The device is linked already.</summary>
    AlreadyLinked,
    /// <summary>The server does not take the number, or our name (400).</summary>
    BadRequest,
    /// <summary>Asked too often (429).</summary>
    RateLimited,
    /// <summary>Any other refusal; see <see cref="PairingCodeRefusedException.Code"/>.</summary>
    ByServer,
}

/// <summary>No code will come for this request (wire/01 §7.1). The QR stays on show.</summary>
public sealed class PairingCodeRefusedException(PairingCodeRefusal reason, int code = 0) : Exception(Explain(reason))
{
    /// <summary>Why.</summary>
    public PairingCodeRefusal Reason { get; } = reason;

    /// <summary>The server's number; 0 when it was not asked.</summary>
    public int Code { get; } = code;

    /// <summary>The refusal in the server's answer.</summary>
    public static PairingCodeRefusedException Of(int code) => new(
        code switch
        {
            400 => PairingCodeRefusal.BadRequest,
            429 => PairingCodeRefusal.RateLimited,
            _ => PairingCodeRefusal.ByServer,
        },
        code);

    private static string Explain(PairingCodeRefusal reason) => reason switch
    {
        PairingCodeRefusal.AlreadyLinked => "the device is linked already",
        PairingCodeRefusal.BadRequest => "WhatsApp does not take this number",
        PairingCodeRefusal.RateLimited => "WhatsApp was asked for codes too often; wait before the next",
        _ => "WhatsApp gave no code",
    };
}
