using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Events;

/// <summary>What became of a call.</summary>
public enum CallState
{
    /// <summary>It rings.</summary>
    Received,
    /// <summary>Taken on some device.</summary>
    Accepted,
    /// <summary>Refused on some device.</summary>
    Rejected,
    /// <summary>Over, or given up.</summary>
    Ended,
}

/// <summary>call.received, call.accepted, call.rejected, call.ended.</summary>
/// <param name="State">What happened.</param>
/// <param name="CallId">As on the wire.</param>
/// <param name="From">Who calls; phone-number form when known.</param>
/// <param name="Phone">The caller's phone-number account, or null.</param>
/// <param name="At">Seconds since the Unix epoch.</param>
public sealed record CallChanged(CallState State, string CallId, Jid From, Jid? Phone, long At) : DeviceEvent
{
    /// <summary>With pictures.</summary>
    public bool IsVideo { get; init; }
    /// <summary>Of a group.</summary>
    public bool IsGroup { get; init; }
    /// <summary>The group, when told.</summary>
    public Jid? Group { get; init; }
    /// <summary>This device refused it by itself.</summary>
    public bool AutoRejected { get; init; }
}
