using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;

namespace WhatsApp.Sandbox.Groups;

/// <summary>Groups and members as stanzas name them (wire/07 §1).</summary>
internal static class GroupNodes
{
    /// <summary><c>&lt;group id subject s_t s_o creation creator size addressing_mode p_v_id&gt;&lt;participant/&gt;…&lt;/group&gt;</c></summary>
    public static Node Group(SandboxGroup group)
    {
        var state = group.State;
        List<Node> children = [.. state.Members.Select(member => Participant(group, member))];
        if (state.Description is { } description)
            children.Add(new Node("description",
                [("id", description.Id), ("t", SandboxGroup.Text(description.At)), ("participant", description.By is { } by ? group.Address(by).ToString() : null)],
                [new Node("body", [], description.Text)]));
        if (state.Announcement)
            children.Add(new Node("announcement"));
        if (state.Locked)
            children.Add(new Node("locked"));
        if (state.Ephemeral > 0)
            children.Add(new Node("ephemeral", ("expiration", SandboxGroup.Text(state.Ephemeral)), ("trigger", "1")));
        return new Node("group", Attributes(group, state), children);
    }

    /// <summary><c>&lt;participant jid [type] phone_number|lid/&gt;</c></summary>
    public static Node Participant(SandboxGroup group, Membership member, string? error = null) => new("participant",
        ("jid", group.Address(member.Account).ToString()),
        ("type", member.Role switch { GroupRole.SuperAdmin => "superadmin", GroupRole.Admin => "admin", _ => null }),
        (group.OtherAddressName, group.OtherAddress(member.Account).ToString()), ("error", error));

    /// <summary>The notice of a new group, or to those who come into one.</summary>
    public static Node Created(SandboxGroup group, string? type, string? reason = null) =>
        new("create", [("type", type), ("reason", reason)], [Group(group)]);

    /// <summary><c>&lt;add|remove|promote|demote v_id prev_v_id&gt;&lt;participant/&gt;…</c></summary>
    public static Node Members(SandboxGroup group, string tag, IEnumerable<Membership> members, GroupState before, GroupState after, string? reason) =>
        new(tag, [("v_id", SandboxGroup.Text(after.Version)), ("prev_v_id", SandboxGroup.Text(before.Version)), ("reason", reason)],
            [.. members.Select(member => Participant(group, member))]);

    private static (string, string?)[] Attributes(SandboxGroup group, GroupState state) =>
    [
        ("id", group.Id.User), ("subject", state.Subject), ("s_t", SandboxGroup.Text(state.SubjectAt)),
        ("s_o", state.SubjectBy is { } by ? group.Address(by).ToString() : null),
        ("s_o_pn", group.Mode == AddressingMode.Lid ? state.SubjectBy?.Phone.ToString() : null),
        ("creation", SandboxGroup.Text(group.CreatedAt)), ("creator", group.Address(group.Creator).ToString()),
        ("creator_pn", group.Mode == AddressingMode.Lid ? group.Creator.Phone.ToString() : null),
        ("size", SandboxGroup.Text(state.Members.Count)), ("addressing_mode", group.ModeName), ("p_v_id", SandboxGroup.Text(state.Version)),
    ];
}
