using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Groups;

/// <summary>
/// Members as they are written everywhere (wire/07 §1):
/// <code>&lt;participant jid [type="admin|superadmin"] [phone_number] [lid] [display_name] [username]/&gt;</code>
/// </summary>
internal static class GroupMembers
{
    /// <summary>The members among a node's children; entries without a usable address are left out.</summary>
    public static IReadOnlyList<GroupMember> Read(Node parent, string tag = "participant")
    {
        List<GroupMember> members = [];
        foreach (var child in parent.ChildrenOf(tag))
            if (Member(child) is { } member)
                members.Add(member);
        return members;
    }

    public static GroupMember? Member(Node node)
    {
        if (node.JidOf("jid") is not { IsUser: true } given)
            return null;
        var jid = given.ToAccount();
        return new GroupMember(jid, Role(node["type"]))
        {
            Phone = jid.IsPhone ? jid : Account(node, "phone_number", lid: false),
            Lid = jid.IsLid ? jid : Account(node, "lid", lid: true),
            DisplayName = node["display_name"],
            Username = node["username"],
        };
    }

    /// <summary>Both addresses of those who showed both.</summary>
    public static IEnumerable<(Jid Phone, Jid Lid)> LidPairs(IEnumerable<GroupMember> members)
    {
        foreach (var member in members)
            if (member is { Phone: { } phone, Lid: { } lid })
                yield return (phone, lid);
    }

    /// <summary>An attribute that names an account of the wanted form.</summary>
    public static Jid? Account(Node node, string key, bool lid) =>
        node.JidOf(key) is { IsUser: true } jid && jid.IsLid == lid ? jid.ToAccount() : null;

    private static GroupRole Role(string? type) => type switch
    {
        "superadmin" => GroupRole.SuperAdmin,
        "admin" => GroupRole.Admin,
        _ => GroupRole.Member,
    };
}
