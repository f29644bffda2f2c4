using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Store;

/// <summary>The disappearing timer of a chat as last told.</summary>
/// <param name="Chat">Account or group, in the canonical form.</param>
/// <param name="Seconds">0 = off.</param>
/// <param name="SetAt">When it was set, seconds since the Unix epoch: the newest setting holds.</param>
public sealed record ChatTimer(Jid Chat, int Seconds, long SetAt);
