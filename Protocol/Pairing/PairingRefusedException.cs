namespace WhatsApp.Protocol.Pairing;

/// <summary>Why a pair-success is not believed.</summary>
public enum PairingRefusal
{
    /// <summary>A part is missing, has a wrong length or does not decode.</summary>
    Malformed,
    /// <summary>Not made with the secret of our QR or link code.</summary>
    HmacMismatch,
    /// <summary>The account did not sign our identity key.</summary>
    AccountSignatureMismatch,
}

/// <summary>A pair-success that must be refused with 401 (wire/01 §6.6). Nothing has changed.</summary>
public sealed class PairingRefusedException(PairingRefusal reason, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Which check failed.</summary>
    public PairingRefusal Reason { get; } = reason;
}
