using WhatsApp.Protocol.Binary;

namespace WhatsApp.Grains.Webhooks;

/// <summary>What the envelope of every event of an instance repeats.</summary>
/// <param name="InstanceId">The instance.</param>
/// <param name="Metadata">The caller's own.</param>
/// <param name="Jid">Own account, or null before linking.</param>
/// <param name="Lid">Own LID account, or null.</param>
public sealed record EventContext(string InstanceId, IReadOnlyDictionary<string, string> Metadata, Jid? Jid, Jid? Lid);
