using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Events;

/// <summary>presence.update: somebody came, went, or writes.</summary>
/// <param name="Chat">Where: account (phone-number form when known) or group.</param>
/// <param name="Who">The account it is about (phone-number form when known); null for a group's count.</param>
/// <param name="State">What it does.</param>
/// <param name="LastSeen">Seconds since the Unix epoch, when told.</param>
/// <param name="OnlineCount">Members of a group that are there, when told.</param>
public sealed record PresenceChanged(Jid Chat, Jid? Who, PresenceState State, long? LastSeen, int? OnlineCount) : DeviceEvent;

/// <summary>States of rest-api part C presence.update.</summary>
public enum PresenceState
{
    /// <summary>There.</summary>
    Available,
    /// <summary>Gone.</summary>
    Unavailable,
    /// <summary>Writing.</summary>
    Composing,
    /// <summary>Recording a voice message.</summary>
    Recording,
    /// <summary>Stopped writing or recording.</summary>
    Paused,
}
