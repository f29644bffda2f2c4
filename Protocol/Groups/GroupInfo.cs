using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Groups;

/// <summary>How members are addressed in a group: our own device takes the same form there (wire/04 §6).</summary>
public enum AddressingMode
{
    /// <summary>By phone number.</summary>
    Phone,
    /// <summary>By hidden id.</summary>
    Lid,
}

/// <summary>What a member may do.</summary>
public enum GroupRole
{
    /// <summary>Ordinary member.</summary>
    Member,
    /// <summary>Admin.</summary>
    Admin,
    /// <summary>Admin nobody can demote: the creator.</summary>
    SuperAdmin,
}

/// <summary>A member as the server names it: <see cref="Jid"/> in the group's form, the other form when told.</summary>
public sealed record GroupMember(Jid Jid, GroupRole Role = GroupRole.Member)
{
    /// <summary>Phone-number account; null when hidden.</summary>
    public Jid? Phone { get; init; }
    /// <summary>LID account; null when not told.</summary>
    public Jid? Lid { get; init; }
    /// <summary>Masked number shown for members whose number is hidden.</summary>
    public string? DisplayName { get; init; }
    /// <summary>User name, without @.</summary>
    public string? Username { get; init; }

    /// <summary>True for both kinds of admin.</summary>
    public bool IsAdmin => Role != GroupRole.Member;
    /// <summary>True when one of its addresses is this account's.</summary>
    public bool Is(Jid account) => Jid.IsSameAccount(account) || Phone?.IsSameAccount(account) == true || Lid?.IsSameAccount(account) == true;
}

/// <summary>A group's description text. Times in Unix seconds.</summary>
public sealed record GroupDescription(string? Text, string? Id)
{
    /// <summary>Who wrote it.</summary>
    public Jid? By { get; init; }
    /// <summary>When.</summary>
    public long? At { get; init; }
}

/// <summary>
/// A group as <c>&lt;group&gt;</c> tells it (wire/07 §1). Times in Unix seconds.
/// </summary>
public sealed record GroupInfo(Jid Id)
{
    /// <summary>Name; null when the server left it out.</summary>
    public string? Subject { get; init; }
    /// <summary>Who gave the name.</summary>
    public Jid? SubjectBy { get; init; }
    /// <summary>The same by phone number.</summary>
    public Jid? SubjectByPhone { get; init; }
    /// <summary>When.</summary>
    public long? SubjectAt { get; init; }
    /// <summary>Who made the group.</summary>
    public Jid? Creator { get; init; }
    /// <summary>The same by phone number.</summary>
    public Jid? CreatorPhone { get; init; }
    /// <summary>The creator's country, two letters.</summary>
    public string? CreatorCountry { get; init; }
    /// <summary>When it was made.</summary>
    public long? CreatedAt { get; init; }
    /// <summary>Number of members; may exceed <see cref="Members"/> in samples.</summary>
    public int? Size { get; init; }
    /// <summary>Form of addresses on the wire.</summary>
    public AddressingMode Addressing { get; init; }
    /// <summary>Version of the member list (<c>p_v_id</c>): a notice that does not follow on it means something was missed.</summary>
    public string? MembersVersion { get; init; }
    /// <summary>Description, when there is one.</summary>
    public GroupDescription? Description { get; init; }
    /// <summary>Life of messages in seconds; null = they stay.</summary>
    public int? Ephemeral { get; init; }
    /// <summary>Why messages disappear, as the server numbers it.</summary>
    public int? EphemeralTrigger { get; init; }
    /// <summary>Switches that are on.</summary>
    public IReadOnlySet<GroupSetting> Settings { get; init; } = new HashSet<GroupSetting>();
    /// <summary><c>admin_add</c> or <c>all_member_add</c>.</summary>
    public string? MemberAddMode { get; init; }
    /// <summary><c>admin_link</c> or <c>all_member_link</c>.</summary>
    public string? MemberLinkMode { get; init; }
    /// <summary><c>admin_share</c> or <c>all_member_share</c>.</summary>
    public string? MemberShareHistoryMode { get; init; }
    /// <summary>The community this group belongs to.</summary>
    public Jid? LinkedParent { get; init; }
    /// <summary>A community itself.</summary>
    public bool IsCommunity { get; init; }
    /// <summary>A community that takes members on request only.</summary>
    public bool IsClosedCommunity { get; init; }
    /// <summary>The community's announcement group.</summary>
    public bool IsDefaultSubGroup { get; init; }
    /// <summary>The community's general chat.</summary>
    public bool IsGeneralChat { get; init; }
    /// <summary>Not shown to community members outside it.</summary>
    public bool IsHidden { get; init; }
    /// <summary>Members, in the server's order.</summary>
    public IReadOnlyList<GroupMember> Members { get; init; } = [];

    /// <summary>True when this switch is on.</summary>
    public bool Has(GroupSetting setting) => Settings.Contains(setting);

    /// <summary>The member with this address, in either form.</summary>
    public GroupMember? Find(Jid account) => Members.FirstOrDefault(member => member.Is(account));

    /// <summary>Pairs of addresses learned from the members.</summary>
    public IEnumerable<(Jid Phone, Jid Lid)> LidPairs => GroupMembers.LidPairs(Members);
}
