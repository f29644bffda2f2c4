using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Events;

/// <summary>Somebody in a group event.</summary>
/// <param name="Jid">Phone-number form when known.</param>
public sealed record GroupPerson(Jid Jid)
{
    /// <summary>Phone-number account, or null when unknown.</summary>
    public Jid? Phone { get; init; }
    /// <summary>LID account, or null when unknown.</summary>
    public Jid? Lid { get; init; }
}

/// <summary>Something of a group has a new value: one of text, switch and number; all null = removed.</summary>
/// <param name="Name">e.g. subject, description, announcement, ephemeralExpiration.</param>
public sealed record GroupField(string Name)
{
    /// <summary>New text.</summary>
    public string? Text { get; init; }
    /// <summary>New position of a switch.</summary>
    public bool? On { get; init; }
    /// <summary>New number.</summary>
    public long? Number { get; init; }
}

/// <summary>group.join: this account is in a group now. At in seconds since the Unix epoch.</summary>
public sealed record GroupJoined(Jid Group, string? Subject, GroupPerson? By, string? Reason, long At) : DeviceEvent;

/// <summary>group.leave: this account is no longer in a group. At in seconds since the Unix epoch.</summary>
public sealed record GroupLeft(Jid Group, string? Subject, GroupPerson? By, string? Reason, long At) : DeviceEvent;

/// <summary>group.participants. Action: add | remove | promote | demote | modify | request | request_revoked. At in seconds since the Unix epoch.</summary>
public sealed record GroupParticipantsChanged(
    Jid Group, string? Subject, string Action, IReadOnlyList<GroupPerson> Participants, GroupPerson? By, string? Reason, long At) : DeviceEvent;

/// <summary>group.update: name, description or settings changed. At in seconds since the Unix epoch.</summary>
public sealed record GroupUpdated(Jid Group, string? Subject, IReadOnlyList<GroupField> Changed, GroupPerson? By, long At) : DeviceEvent;
