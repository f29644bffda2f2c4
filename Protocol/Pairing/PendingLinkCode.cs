using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Pairing;

/// <summary>A code on show: what its exchange needs until the phone answers (wire/01 §7). Lives as long as its connection, at most.</summary>
/// <param name="account">Whose phone shall take the code.</param>
/// <param name="code">The code.</param>
/// <param name="ephemeral">Its public half went out in companion_hello.</param>
/// <param name="reference">The server's ref.</param>
/// <param name="expiresAt">When it is no longer taken.</param>
internal sealed class PendingLinkCode(Jid account, LinkCode code, KeyPair ephemeral, byte[] reference, DateTimeOffset expiresAt)
{
    /// <summary>How long a code is good, from its making.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(180);

    /// <summary>The phone may try again after a wrong code this often.</summary>
    public const int MaxRepeats = 3;

    private int _exchanges;

    /// <summary>Whose phone shall take the code.</summary>
    public Jid Account => account;
    /// <summary>The server's ref.</summary>
    public byte[] Reference => reference;
    /// <summary>As shown: XXXX-XXXX.</summary>
    public string Text => code.Display;
    /// <summary>When it is no longer taken.</summary>
    public DateTimeOffset ExpiresAt => expiresAt;

    /// <summary>Too old, or tried too often.</summary>
    public bool IsOver(DateTimeOffset now) => now >= expiresAt || _exchanges > MaxRepeats;

    /// <summary>Counts an answer of the phone.</summary>
    public void CountExchange() => _exchanges++;

    /// <summary>Our half of the exchange; each has its own bundle and secret. Tens of milliseconds of CPU.</summary>
    /// <exception cref="LinkCodeException">The phone's half cannot be used.</exception>
    public LinkCodeFinish Finish(KeyPair identity, ReadOnlySpan<byte> wrappedPrimaryEphemeral, ReadOnlySpan<byte> primaryIdentityKey) =>
        LinkCodeExchange.Finish(code, ephemeral, identity, wrappedPrimaryEphemeral, primaryIdentityKey);
}
