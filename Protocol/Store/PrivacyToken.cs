using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Store;

/// <summary>The trusted-contact tokens between us and one person (wire/04 §4 "tctoken"). The token is sealed at rest.</summary>
/// <param name="Account">Account without device, LID when known.</param>
public sealed record PrivacyToken(Jid Account)
{
    /// <summary>What he gave us, to be shown when we write to him; null = nothing yet.</summary>
    public byte[]? Token { get; init; }
    /// <summary>When he made it, seconds since the Unix epoch.</summary>
    public long? TokenAt { get; init; }
    /// <summary>When we last gave him one, seconds since the Unix epoch.</summary>
    public long? IssuedAt { get; init; }
}
