namespace WhatsApp.Protocol.Signal;

/// <summary>Retry reasons of wire/04 §9.1.</summary>
public enum RetryReason
{
    /// <summary>No better reason.</summary>
    Unknown = 0,
    /// <summary>No session, or no sender key.</summary>
    NoSession = 1,
    /// <summary>Invalid key.</summary>
    InvalidKey = 2,
    /// <summary>Unknown pre-key.</summary>
    InvalidKeyId = 3,
    /// <summary>Invalid message.</summary>
    InvalidMessage = 4,
    /// <summary>Invalid signature.</summary>
    InvalidSignature = 5,
    /// <summary>Too far in the future.</summary>
    FutureMessage = 6,
    /// <summary>Bad MAC.</summary>
    BadMac = 7,
    /// <summary>Invalid session.</summary>
    InvalidSession = 8,
    /// <summary>Invalid message key.</summary>
    InvalidMessageKey = 9,
    /// <summary>The sender's device identity does not hold.</summary>
    AdvFailure = 12,
}

/// <summary>A message or bundle that must be refused. State is unchanged.</summary>
public class SignalException(RetryReason reason, string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>What to say in a retry receipt.</summary>
    public RetryReason Reason { get; } = reason;
}

/// <summary>This message's key was used before: drop it, answer it normally, ask for no resend.</summary>
public sealed class DuplicateMessageException(string message) : SignalException(RetryReason.Unknown, message);
