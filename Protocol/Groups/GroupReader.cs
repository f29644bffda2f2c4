using System.Globalization;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Groups;

/// <summary>
/// Reads <c>&lt;group&gt;</c> (wire/07 §1):
/// <code>
/// &lt;group id subject s_t s_o [s_o_pn] creation creator [creator_pn] size addressing_mode="lid|pn" p_v_id&gt;
///   &lt;participant/&gt;… &lt;description id t participant&gt;&lt;body/&gt;&lt;/description&gt; &lt;announcement/&gt; &lt;ephemeral expiration/&gt; …&lt;/group&gt;
/// </code>
/// </summary>
internal static class GroupReader
{
    /// <summary>Null when the node names no group, or says it could not be read.</summary>
    public static GroupInfo? Read(Node node)
    {
        if (node.Tag != "group" || node["error"] is not null || GroupId(node) is not { } id)
            return null;
        var members = GroupMembers.Read(node);
        var ephemeral = node.Child("ephemeral");
        var info = new GroupInfo(id)
        {
            Subject = node["subject"],
            SubjectBy = User(node, "s_o"),
            SubjectByPhone = User(node, "s_o_pn"),
            SubjectAt = Number(node["s_t"]),
            Creator = User(node, "creator"),
            CreatorPhone = User(node, "creator_pn"),
            CreatorCountry = node["creator_country_code"],
            CreatedAt = Number(node["creation"]),
            Size = Small(node["size"]),
            Addressing = Addressing(node["addressing_mode"], members),
            MembersVersion = node["p_v_id"],
            Description = Description(node.Child("description")),
            Ephemeral = Small(ephemeral?["expiration"]) is > 0 and var seconds ? seconds : null,
            EphemeralTrigger = Small(ephemeral?["trigger"]),
            Settings = Settings(node),
            MemberAddMode = node.Child("member_add_mode")?.Text,
            MemberLinkMode = node.Child("member_link_mode")?.Text,
            MemberShareHistoryMode = node.Child("member_share_group_history_mode")?.Text,
            Members = members,
        };
        return WithCommunity(info, node);
    }

    /// <summary>The groups in <c>&lt;groups&gt;</c>; those that could not be read are left out.</summary>
    public static IReadOnlyList<GroupInfo> ReadMany(Node? groups) => [.. (groups?.ChildrenOf("group") ?? []).Select(Read).OfType<GroupInfo>()];

    /// <summary>The group a node names by <c>id</c> (bare or full) or <c>jid</c>.</summary>
    public static Jid? GroupId(Node node)
    {
        var text = node["id"] ?? node["jid"];
        if (string.IsNullOrEmpty(text))
            return null;
        if (!text.Contains('@', StringComparison.Ordinal))
            return new Jid(text, Jid.GroupServer);
        return Jid.TryParse(text, out var jid) && jid.IsGroup ? jid.ToAccount() : null;
    }

    public static GroupDescription? Description(Node? node) => node is null || node.Child("delete") is not null ? null
        : new GroupDescription(node.Child("body")?.Text, node["id"]) { By = User(node, "participant"), At = Number(node["t"]) };

    /// <summary><c>&lt;membership_approval_mode&gt;&lt;group_join state="on|off"/&gt;</c>; without a state its presence counts.</summary>
    public static bool JoinApproval(Node? node) => node is not null && node.Child("group_join")?["state"] is null or "on";

    public static Jid? User(Node node, string key) => node.JidOf(key) is { IsUser: true } jid ? jid.ToAccount() : null;

    public static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    public static int? Small(string? text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static AddressingMode Addressing(string? mode, IReadOnlyList<GroupMember> members) => mode switch
    {
        "lid" => AddressingMode.Lid,
        "pn" => AddressingMode.Phone,
        _ => members.Any(member => member.Jid.IsLid) ? AddressingMode.Lid : AddressingMode.Phone,
    };

    private static HashSet<GroupSetting> Settings(Node node)
    {
        HashSet<GroupSetting> settings = [];
        foreach (var child in node.Children)
            if (GroupSettingTags.TryRead(child.Tag, out var change) && change.On && (child.Tag != "ephemeral" || Small(child["expiration"]) > 0))
                settings.Add(change.Setting);
        if (JoinApproval(node.Child("membership_approval_mode")))
            settings.Add(GroupSetting.JoinApproval);
        return settings;
    }

    private static GroupInfo WithCommunity(GroupInfo info, Node node) => info with
    {
        LinkedParent = node.Child("linked_parent")?.JidOf("jid") is { IsGroup: true } parent ? parent : null,
        IsCommunity = node.Child("parent") is not null,
        IsClosedCommunity = node.Child("parent")?["default_membership_approval_mode"] == "request_required",
        IsDefaultSubGroup = node.Child("default_sub_group") is not null,
        IsGeneralChat = node.Child("general_chat") is not null,
        IsHidden = node.Child("hidden_group") is not null,
    };
}
