namespace WhatsApp.Grains.Abstractions.Groups;

/// <summary>A group. Addresses are JID texts.</summary>
/// <param name="Id">e.g. 120363000000000001@g.us.</param>
/// <param name="Subject">Its name.</param>
/// <param name="Participants">Its members; empty when they were not asked for.</param>
[GenerateSerializer, Alias("wa.GroupReport")]
public sealed record GroupReport([property: Id(0)] string Id, [property: Id(1)] string? Subject, [property: Id(2)] IReadOnlyList<GroupParticipantReport> Participants)
{
    /// <summary>Description text.</summary>
    [Id(3)] public string? Description { get; init; }
    /// <summary>Who made it, as the group addresses him.</summary>
    [Id(4)] public string? Owner { get; init; }
    /// <summary>The same by phone number.</summary>
    [Id(5)] public string? OwnerPhone { get; init; }
    /// <summary>When it was made.</summary>
    [Id(6)] public DateTimeOffset? CreatedAt { get; init; }
    /// <summary>Number of members.</summary>
    [Id(7)] public int Size { get; init; }
    /// <summary>lid | pn: how members are addressed.</summary>
    [Id(8)] public string AddressingMode { get; init; } = "pn";
    /// <summary>Seconds after which messages disappear; 0 = they stay.</summary>
    [Id(9)] public int EphemeralExpiration { get; init; }
    /// <summary>admin_add | all_member_add.</summary>
    [Id(10)] public string? MemberAddMode { get; init; }
    /// <summary>Names of the switches that are on, e.g. announcement, locked, joinApproval.</summary>
    [Id(11)] public IReadOnlyList<string> Settings { get; init; } = [];
    /// <summary>The community it belongs to.</summary>
    [Id(12)] public string? LinkedParent { get; init; }
    /// <summary>A community itself.</summary>
    [Id(13)] public bool IsCommunity { get; init; }
}

/// <summary>A member.</summary>
/// <param name="Jid">As the group addresses it.</param>
/// <param name="Lid">LID account, when known.</param>
/// <param name="Phone">Phone-number account, when known.</param>
/// <param name="Admin">null | admin | superadmin.</param>
[GenerateSerializer, Alias("wa.GroupParticipantReport")]
public sealed record GroupParticipantReport([property: Id(0)] string Jid, [property: Id(1)] string? Lid, [property: Id(2)] string? Phone, [property: Id(3)] string? Admin);
