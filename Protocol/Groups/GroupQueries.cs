using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Groups;

/// <summary>
/// What can be asked about groups, and how the answers read (wire/07 §1):
/// <code>&lt;iq type="get" xmlns="w:g2" to="120363…@g.us"&gt;&lt;query/&gt;&lt;/iq&gt; → &lt;iq type="result"&gt;&lt;group …&gt;…&lt;/group&gt;&lt;/iq&gt;</code>
/// </summary>
internal static class GroupQueries
{
    private const int MostGroupsAtOnce = 10_000;

    /// <summary>One group; read with <see cref="ReadGroup"/>.</summary>
    public static Node Info(Jid group) => Get(group, new Node("query"));

    /// <summary>Several groups at once; read with <see cref="ReadGroups"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">More than 10,000.</exception>
    public static Node InfoOfMany(IReadOnlyCollection<Jid> groups)
    {
        if (groups.Count > MostGroupsAtOnce)
            throw new ArgumentOutOfRangeException(nameof(groups), groups.Count, "too many groups for one question");
        return Get(null, new Node("query", [], [.. groups.Select(group => new Node("group", ("jid", group.ToString())))]));
    }

    /// <summary>The groups we are in; read with <see cref="ReadGroups"/>.</summary>
    public static Node Mine() => Get(null, new Node("participating", [], [new Node("participants"), new Node("description")]));

    /// <summary>The group's invite code; read with <see cref="ReadInviteCode"/>.</summary>
    public static Node InviteCode(Jid group) => Get(group, new Node("invite"));

    /// <summary>The group behind a code, members only in part; read with <see cref="ReadGroup"/>.</summary>
    public static Node InviteInfo(string code) => Get(null, new Node("invite", ("code", code)));

    /// <summary>Who asked to join; read with <see cref="ReadJoinRequests"/>.</summary>
    public static Node JoinRequests(Jid group) => Get(group, new Node("membership_approval_requests"));

    /// <summary>The group in an answer; null when there is none.</summary>
    public static GroupInfo? ReadGroup(Node answer) => answer.Child("group") is { } group ? GroupReader.Read(group) : null;

    /// <summary>The groups in an answer.</summary>
    public static IReadOnlyList<GroupInfo> ReadGroups(Node answer) => GroupReader.ReadMany(answer.Child("groups"));

    /// <summary>The code in an answer.</summary>
    public static string? ReadInviteCode(Node answer) => answer.Child("invite")?["code"];

    /// <summary>The requests in an answer.</summary>
    public static IReadOnlyList<GroupJoinRequest> ReadJoinRequests(Node answer) =>
    [
        .. from request in answer.Child("membership_approval_requests")?.ChildrenOf("membership_approval_request") ?? []
           let user = GroupReader.User(request, "jid")
           where user is not null
           select new GroupJoinRequest(user.Value, GroupReader.Number(request["request_time"]), request["request_method"])
           {
               Requestor = GroupReader.User(request, "requestor"),
               RequestorPhone = GroupReader.User(request, "requestor_pn"),
               ParentGroup = request.JidOf("parent_group_jid") is { IsGroup: true } parent ? parent : null,
           },
    ];

    private static Node Get(Jid? group, Node child) =>
        new("iq", [("type", "get"), ("xmlns", "w:g2"), ("to", group?.ToString() ?? Jid.GroupServer)], [child]);
}

/// <summary>Somebody who asked to join. At in Unix seconds.</summary>
/// <param name="User">Who.</param>
/// <param name="At">When.</param>
/// <param name="Method">How, e.g. invite_link.</param>
public sealed record GroupJoinRequest(Jid User, long? At, string? Method)
{
    /// <summary>Who asked for them.</summary>
    public Jid? Requestor { get; init; }
    /// <summary>The same by phone number.</summary>
    public Jid? RequestorPhone { get; init; }
    /// <summary>The community they came through.</summary>
    public Jid? ParentGroup { get; init; }
}
