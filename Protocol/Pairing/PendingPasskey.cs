namespace WhatsApp.Protocol.Pairing;

/// <summary>A passkey the server demands before it links us. Belongs to one connection.</summary>
/// <param name="handoffKey">Proves that it was asked for after this pairing; for five minutes.</param>
/// <param name="askedAt">When it was asked for.</param>
internal sealed class PendingPasskey(byte[] handoffKey, DateTimeOffset askedAt)
{
    private static readonly TimeSpan HandoffLifetime = TimeSpan.FromMinutes(5);

    /// <summary>What we committed to, once an assertion was sent.</summary>
    public PasskeyPrologue? Prologue { get; set; }

    /// <summary>A proof was sent along: nobody compares codes.</summary>
    public bool HasProof { get; set; }

    /// <summary>What our keys are sealed with, once the phone has answered.</summary>
    public byte[]? Key { get; set; }

    /// <summary>The proof for this prologue; null when the key is too old.</summary>
    public byte[]? ProofFor(PasskeyPrologue prologue, DateTimeOffset now) =>
        now - askedAt < HandoffLifetime ? PasskeyExchange.HandoffProof(handoffKey, prologue.Payload) : null;
}

/// <summary>No passkey is asked for now, or nothing is to be confirmed.</summary>
public sealed class PasskeyNotAskedException(string message) : Exception(message);
