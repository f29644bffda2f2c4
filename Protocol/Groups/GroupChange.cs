using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Groups;

/// <summary>What a group notice says happened (wire/04 §12, wire/07 §1).</summary>
public enum MembersChangeKind
{
    /// <summary>Joined.</summary>
    Added,
    /// <summary>Left or were removed; the author among them = left by himself.</summary>
    Removed,
    /// <summary>Became admins.</summary>
    Promoted,
    /// <summary>Are no longer admins.</summary>
    Demoted,
    /// <summary>The author changed his number to this one.</summary>
    Modified,
}

/// <summary>One change in a group.</summary>
public abstract record GroupChange;

/// <summary>Members joined, left or changed. Versions are those of the member list, before and after.</summary>
public sealed record MembersChanged(MembersChangeKind Kind, IReadOnlyList<GroupMember> Members) : GroupChange
{
    /// <summary>Why, e.g. <c>invite</c>.</summary>
    public string? Reason { get; init; }
    /// <summary>Version of the list before.</summary>
    public string? PreviousVersion { get; init; }
    /// <summary>Version of the list now.</summary>
    public string? Version { get; init; }
}

/// <summary>The group was made, or we were added to it.</summary>
public sealed record GroupCreated(GroupInfo? Info) : GroupChange
{
    /// <summary>Why, e.g. <c>invite</c>.</summary>
    public string? Reason { get; init; }
    /// <summary>e.g. <c>new</c>.</summary>
    public string? Type { get; init; }
    /// <summary>The group it came out of.</summary>
    public Jid? ContextGroup { get; init; }
}

/// <summary>The group is no more.</summary>
public sealed record GroupDeleted(string? Reason) : GroupChange;

/// <summary>A new name. At in Unix seconds.</summary>
public sealed record SubjectChanged(string Subject, Jid? By, long? At) : GroupChange;

/// <summary>A new description; null = removed.</summary>
public sealed record DescriptionChanged(string? Id, string? Text) : GroupChange;

/// <summary>A switch was set.</summary>
public sealed record SettingChanged(GroupSetting Setting, bool On) : GroupChange;

/// <summary>Life of messages in seconds; null = they stay.</summary>
public sealed record EphemeralChanged(int? Seconds, int? Trigger) : GroupChange;

/// <summary>The invite link has a new code.</summary>
public sealed record InviteChanged(string? Code) : GroupChange;

/// <summary>Pending invitations of these users were taken back.</summary>
public sealed record InvitesRevoked(IReadOnlyList<GroupMember> Members) : GroupChange;

/// <summary>Somebody asks to join.</summary>
public sealed record JoinRequested(IReadOnlyList<GroupMember> Users, string? Method) : GroupChange;

/// <summary>Requests were withdrawn (the author is among them) or rejected.</summary>
public sealed record JoinRequestsRevoked(IReadOnlyList<GroupMember> Users) : GroupChange;

/// <summary>Who may add: <c>admin_add</c> or <c>all_member_add</c>.</summary>
public sealed record MemberAddModeChanged(string Mode) : GroupChange;

/// <summary>A group named by a community link.</summary>
public sealed record LinkedGroup(Jid Id, string? Subject, bool IsHidden);

/// <summary>Groups were linked to or unlinked from a community. Type: <c>parent_group</c>, <c>sub_group</c>, <c>sibling_group</c>.</summary>
public sealed record GroupsLinked(bool Linked, string? Type, IReadOnlyList<LinkedGroup> Groups, string? Reason) : GroupChange;

/// <summary>Something else, by its tag: nothing to do but tell.</summary>
public sealed record OtherGroupChange(string Tag) : GroupChange;

/// <summary>One <c>w:gp2</c> notification.</summary>
/// <param name="Group">Which group.</param>
/// <param name="Id">Of the stanza.</param>
/// <param name="Author">Who did it, in the form the group uses; null = WhatsApp.</param>
/// <param name="At">Unix seconds.</param>
/// <param name="Changes">What happened, in order.</param>
public sealed record GroupNotice(Jid Group, string Id, Jid? Author, long? At, IReadOnlyList<GroupChange> Changes)
{
    /// <summary>The author by phone number, when told.</summary>
    public Jid? AuthorPhone { get; init; }
    /// <summary>The author by LID, when told.</summary>
    public Jid? AuthorLid { get; init; }

    /// <summary>Somebody who has our sender key is out: the next message needs a new key (wire/03 §7).</summary>
    public bool NeedsNewSenderKey => Changes.Any(change => change is MembersChanged { Kind: MembersChangeKind.Removed or MembersChangeKind.Modified });

    /// <summary>Pairs of addresses learned from it.</summary>
    public IEnumerable<(Jid Phone, Jid Lid)> LidPairs
    {
        get
        {
            var members = Changes.SelectMany(change => change switch
            {
                MembersChanged changed => changed.Members,
                GroupCreated { Info: { } info } => info.Members,
                JoinRequested requested => requested.Users,
                _ => [],
            });
            var pairs = GroupMembers.LidPairs(members);
            return AuthorPhone is { } phone && AuthorLid is { } lid ? pairs.Prepend((phone, lid)) : pairs;
        }
    }
}
