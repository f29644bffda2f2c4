using System.Globalization;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Groups;

/// <summary>What can be done to members, as its tag says.</summary>
public enum MemberAction
{
    /// <summary>Add.</summary>
    Add,
    /// <summary>Remove.</summary>
    Remove,
    /// <summary>Make admin.</summary>
    Promote,
    /// <summary>Make ordinary member.</summary>
    Demote,
}

/// <summary>A new group.</summary>
/// <param name="Subject">Name, at most 100 characters.</param>
/// <param name="Members">The others, ourselves not among them.</param>
internal sealed record NewGroup(string Subject, IReadOnlyList<Jid> Members)
{
    /// <summary>Description and its id.</summary>
    public (string Id, string Text)? Description { get; init; }
    /// <summary>The community it belongs to.</summary>
    public Jid? LinkedParent { get; init; }
}

/// <summary>
/// Changes of groups (wire/07 §1):
/// <code>&lt;iq type="set" xmlns="w:g2" to="120363…@g.us"&gt;&lt;add&gt;&lt;participant jid/&gt;…&lt;/add&gt;&lt;/iq&gt;</code>
/// Most answers are empty; those of members are read with <see cref="MemberResults"/>.
/// </summary>
internal static class GroupCommands
{
    /// <summary>Answer: <c>&lt;group&gt;</c>.</summary>
    public static Node Create(NewGroup group)
    {
        List<Node> children = [.. group.Members.Select(Participant)];
        if (group.Description is { } description)
            children.Add(DescriptionNode(description.Id, null, description.Text));
        if (group.LinkedParent is { } parent)
            children.Add(new Node("linked_parent", ("jid", parent.ToString())));
        return Set(null, new Node("create", [("subject", group.Subject)], children));
    }

    public static Node Subject(Jid group, string subject) => Set(group, new Node("subject", [], subject));

    /// <summary>A null text removes it. <paramref name="previous"/> is the id of the present one: the server refuses a stale one with 409.</summary>
    public static Node Description(Jid group, string id, string? previous, string? text) => Set(group, DescriptionNode(id, previous, text));

    /// <exception cref="ArgumentException">Only WhatsApp sets this switch.</exception>
    public static Node Setting(Jid group, GroupSetting setting, bool on)
    {
        if (setting == GroupSetting.JoinApproval)
            return Set(group, new Node("membership_approval_mode", [], [new Node("group_join", ("state", on ? "on" : "off"))]));
        return Set(group, new Node(GroupSettingTags.Tag(setting, on) ?? throw new ArgumentException("only WhatsApp sets this switch", nameof(setting))));
    }

    /// <summary>Disappearing messages: life in seconds, null = they stay.</summary>
    public static Node Ephemeral(Jid group, int? seconds) => Set(group, seconds is { } life
        ? new Node("ephemeral", ("expiration", life.ToString(CultureInfo.InvariantCulture)), ("trigger", "1"))
        : new Node("not_ephemeral"));

    /// <summary>Who may add: <c>admin_add</c> or <c>all_member_add</c>.</summary>
    public static Node MemberAddMode(Jid group, string mode) => Set(group, new Node("member_add_mode", [], mode));

    /// <summary>Who may share the link: <c>admin_link</c> or <c>all_member_link</c>.</summary>
    public static Node MemberLinkMode(Jid group, string mode) => Set(group, new Node("member_link_mode", [], mode));

    /// <summary>Who may share history: <c>admin_share</c> or <c>all_member_share</c>.</summary>
    public static Node MemberShareHistoryMode(Jid group, string mode) => Set(group, new Node("member_share_group_history_mode", [], mode));

    /// <summary>Answer: the same tag with a result per member.</summary>
    public static Node Members(Jid group, MemberAction action, IEnumerable<Jid> members) => Set(group, new Node(Tag(action), [], [.. members.Select(Participant)]));

    /// <summary>Answer: <c>&lt;leave&gt;&lt;group id [error]/&gt;</c>.</summary>
    public static Node Leave(IEnumerable<Jid> groups) =>
        Set(null, new Node("leave", [], [.. groups.Select(group => new Node("group", ("id", group.ToString())))]));

    /// <summary>Answer: the new code.</summary>
    public static Node RevokeInvite(Jid group) => Set(group, new Node("invite"));

    /// <summary>Answer: <c>&lt;group&gt;</c>, or <c>&lt;membership_approval_request&gt;</c> when an admin must agree.</summary>
    public static Node Join(string code) => Set(null, new Node("invite", ("code", code)));

    public static Node AnswerJoinRequests(Jid group, bool approve, IEnumerable<Jid> users) =>
        Set(group, new Node("membership_requests_action", [], [new Node(approve ? "approve" : "reject", [], [.. users.Select(Participant)])]));

    public static Node CancelJoinRequests(Jid group, IEnumerable<Jid> users) =>
        Set(group, new Node("cancel_membership_requests", [], [.. users.Select(Participant)]));

    /// <summary>The tag of an action.</summary>
    public static string Tag(MemberAction action) => action switch
    {
        MemberAction.Add => "add",
        MemberAction.Remove => "remove",
        MemberAction.Promote => "promote",
        MemberAction.Demote => "demote",
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };

    private static Node DescriptionNode(string id, string? previous, string? text) => text is null
        ? new Node("description", ("id", id), ("prev", previous), ("delete", "true"))
        : new Node("description", [("id", id), ("prev", previous)], [new Node("body", [], text)]);

    private static Node Participant(Jid account) => new("participant", ("jid", account.ToAccount().ToString()));

    private static Node Set(Jid? group, Node child) =>
        new("iq", [("type", "set"), ("xmlns", "w:g2"), ("to", group?.ToString() ?? Jid.GroupServer)], [child]);
}
