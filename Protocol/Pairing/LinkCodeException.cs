namespace WhatsApp.Protocol.Pairing;

/// <summary>Why an exchange by link code failed.</summary>
public enum LinkCodeFailure
{
    /// <summary>A wrapped key or bundle of the wrong length.</summary>
    Malformed,
    /// <summary>The other side used another code: the bundle does not open.</summary>
    WrongCode,
    /// <summary>A public key that must not be used.</summary>
    InvalidKey,
    /// <summary>The bundle names other identities than the stanza.</summary>
    IdentityMismatch,
}

/// <summary>The other side's part of a link-code exchange cannot be used. The ref stays valid.</summary>
public sealed class LinkCodeException(LinkCodeFailure reason, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>Which check failed.</summary>
    public LinkCodeFailure Reason { get; } = reason;
}
