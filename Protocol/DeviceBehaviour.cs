namespace WhatsApp.Protocol;

/// <summary>What a device does by itself.</summary>
public sealed record DeviceBehaviour
{
    /// <summary>Available while connected, unless told otherwise.</summary>
    public bool AlwaysOnline { get; init; }
    /// <summary>Every message of others is marked as read when it arrives.</summary>
    public bool AutoRead { get; init; }
    /// <summary>Calls of persons are refused.</summary>
    public bool RejectCalls { get; init; }
    /// <summary>Sent to whom was refused; null = nothing.</summary>
    public string? RejectCallMessage { get; init; }
}
