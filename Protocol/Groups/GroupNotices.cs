using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Groups;

/// <summary>
/// Reads group notifications (wire/04 §12, wire/07 §1):
/// <code>&lt;notification type="w:gp2" from="120363…@g.us" participant [participant_pn|participant_lid] t id&gt;&lt;add&gt;&lt;participant jid/&gt;&lt;/add&gt;…&lt;/notification&gt;</code>
/// </summary>
internal static class GroupNotices
{
    /// <summary>True for a group notification.</summary>
    public static bool Is(Node stanza) => stanza.Tag == "notification" && stanza["type"] == "w:gp2";

    /// <summary>Null when the stanza is not one, or names no group or id.</summary>
    public static GroupNotice? Read(Node stanza)
    {
        if (!Is(stanza) || stanza.JidOf("from") is not { IsGroup: true } group || stanza["id"] is not { Length: > 0 } id)
            return null;
        var author = GroupReader.User(stanza, "participant");
        return new GroupNotice(group, id, author, GroupReader.Number(stanza["t"]), [.. stanza.Children.Select(child => Change(child, author))])
        {
            AuthorPhone = author is { IsPhone: true } ? author : GroupMembers.Account(stanza, "participant_pn", lid: false),
            AuthorLid = author is { IsLid: true } ? author : GroupMembers.Account(stanza, "participant_lid", lid: true),
        };
    }

    private static GroupChange Change(Node node, Jid? author) => node.Tag switch
    {
        "add" => Members(node, MembersChangeKind.Added),
        "remove" => Members(node, MembersChangeKind.Removed),
        "promote" => Members(node, MembersChangeKind.Promoted),
        "demote" => Members(node, MembersChangeKind.Demoted),
        "modify" => Members(node, MembersChangeKind.Modified),
        "create" => new GroupCreated(node.Child("group") is { } group ? GroupReader.Read(group) : null)
        {
            Reason = node["reason"],
            Type = node["type"],
            ContextGroup = node.JidOf("context_group_jid") is { IsGroup: true } context ? context : null,
        },
        "delete" => new GroupDeleted(node["reason"]),
        "subject" => new SubjectChanged(node["subject"] ?? "", GroupReader.User(node, "s_o"), GroupReader.Number(node["s_t"])),
        "description" => new DescriptionChanged(node["id"], node.Child("delete") is null ? node.Child("body")?.Text : null),
        "ephemeral" => new EphemeralChanged(GroupReader.Small(node["expiration"]) is > 0 and var seconds ? seconds : null, GroupReader.Small(node["trigger"])),
        "not_ephemeral" => new EphemeralChanged(null, null),
        "invite" => new InviteChanged(node["code"]),
        "revoke" => new InvitesRevoked(GroupMembers.Read(node)),
        "membership_approval_mode" => new SettingChanged(GroupSetting.JoinApproval, GroupReader.JoinApproval(node)),
        "membership_approval_request" => new JoinRequested(author is { } asking ? [new GroupMember(asking)] : [], node["request_method"]),
        "created_membership_requests" => new JoinRequested(GroupMembers.Read(node, "requested_user"), node["request_method"]),
        "revoked_membership_requests" => new JoinRequestsRevoked(GroupMembers.Read(node)),
        "member_add_mode" => new MemberAddModeChanged(node.Text ?? ""),
        "link" => new GroupsLinked(true, node["link_type"], Linked(node), null),
        "unlink" => new GroupsLinked(false, node["unlink_type"], Linked(node), node["unlink_reason"]),
        _ when GroupSettingTags.TryRead(node.Tag, out var change) => new SettingChanged(change.Setting, change.On),
        _ => new OtherGroupChange(node.Tag),
    };

    private static MembersChanged Members(Node node, MembersChangeKind kind) => new(kind, GroupMembers.Read(node))
    {
        Reason = node["reason"],
        PreviousVersion = node["prev_v_id"],
        Version = node["v_id"],
    };

    private static IReadOnlyList<LinkedGroup> Linked(Node node) =>
    [
        .. from linked in node.ChildrenOf("group")
           let id = GroupReader.GroupId(linked)
           where id is not null
           select new LinkedGroup(id.Value, linked["subject"], linked.Child("hidden_group") is not null),
    ];
}
