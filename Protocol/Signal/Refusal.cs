namespace WhatsApp.Protocol.Signal;

/// <summary>Why one session state refused a message. A value, because up to 41 states are asked.</summary>
internal enum Refusal
{
    /// <summary>Not refused.</summary>
    None,
    /// <summary>The message's key was used before, or was dropped.</summary>
    Duplicate,
    /// <summary>Its counter is too far ahead.</summary>
    TooFar,
    /// <summary>The MAC does not fit.</summary>
    BadMac,
    /// <summary>The MAC fits, the padding inside does not.</summary>
    BadBody,
    /// <summary>Its ratchet key is a low-order point.</summary>
    BadKey,
}

internal static class RefusalExceptions
{
    /// <summary>The exception of a refusal.</summary>
    public static SignalException ToException(this Refusal refusal) => refusal switch
    {
        Refusal.Duplicate => new DuplicateMessageException("The message was decrypted before."),
        Refusal.TooFar => new SignalException(RetryReason.FutureMessage, "The message is too far in the future."),
        Refusal.BadMac => new SignalException(RetryReason.BadMac, "The message's MAC does not fit."),
        Refusal.BadKey => new SignalException(RetryReason.InvalidKey, "The message's ratchet key is a low-order point."),
        _ => new SignalException(RetryReason.InvalidMessage, "The message's body does not decrypt."),
    };
}
