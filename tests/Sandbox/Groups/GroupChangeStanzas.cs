using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Groups;

/// <summary>xmlns <c>w:g2</c>, type set (wire/07 §1): create, leave, join, members, name, description, switches, invite code.</summary>
internal sealed class GroupChangeStanzas(SandboxServer server)
{
    private const int MostSubject = 100;
    private const int MostDescription = 2048;

    /// <summary>What is asked of the server, not of a group.</summary>
    public Node ForServer(DeviceSession session, Node iq)
    {
        if (iq.Child("create") is { } create)
            return Create(session, iq, create);
        if (iq.Child("leave") is { } leave)
            return Leave(session, iq, leave);
        if (iq.Child("invite")?["code"] is { } code)
            return Join(session, iq, code);
        return Answer.Error(iq, 400, "bad-request");
    }

    /// <summary>What is asked of a group, by a member.</summary>
    public Node ForGroup(Node iq, SandboxGroup group, Membership actor)
    {
        var change = iq.Children.Count == 1 ? iq.Children[0] : null;
        var mayEdit = actor.IsAdmin || !group.State.Locked;
        return change?.Tag switch
        {
            "add" or "remove" or "promote" or "demote" => actor.IsAdmin ? Members(iq, group, actor.Account, change) : Forbidden(iq),
            "subject" => mayEdit ? Subject(iq, group, actor.Account, change.Text ?? "") : Forbidden(iq),
            "description" => mayEdit ? Description(iq, group, actor.Account, change) : Forbidden(iq),
            "announcement" or "not_announcement" => Switch(iq, group, actor, change, state => state with { Announcement = change.Tag == "announcement" }),
            "locked" or "unlocked" => Switch(iq, group, actor, change, state => state with { Locked = change.Tag == "locked" }),
            "ephemeral" or "not_ephemeral" => Switch(iq, group, actor, change, state => state with { Ephemeral = Seconds(change) }),
            "invite" => actor.IsAdmin ? Answer.Result(iq, new Node("invite", ("code", server.Groups.ResetInvite(group, actor.Account)))) : Forbidden(iq),
            null => Answer.Error(iq, 400, "bad-request"),
            _ => Answer.Result(iq),
        };
    }

    private Node Create(DeviceSession session, Node iq, Node create)
    {
        var subject = create["subject"] ?? "";
        if (subject.Length is 0 or > MostSubject)
            return Answer.Error(iq, 406, "not-acceptable");
        var asked = create.ChildrenOf("participant").ToArray();
        if (asked.Length >= GroupDirectory.MostMembers)
            return Answer.Error(iq, 419, "resource-limit");
        var others = asked.Select(node => StanzaRouter.AccountOf(server, node, "jid")).OfType<Account>();
        var group = server.Groups.Create(session.Account, subject, others, create["addressing_mode"] == "pn" ? AddressingMode.Phone : AddressingMode.Lid);
        return Answer.Result(iq, GroupNodes.Group(group));
    }

    private Node Leave(DeviceSession session, Node iq, Node leave)
    {
        var left = new List<Node>();
        foreach (var node in leave.ChildrenOf("group"))
        {
            var group = node.JidOf("id") is { IsGroup: true } id ? server.Groups.Find(id) : null;
            var member = group?.State.Find(session.Account);
            if (member is not null)
                server.Groups.Remove(group!, session.Account, [session.Account]);
            left.Add(new Node("group", ("id", node["id"]), ("error", member is null ? "404" : null)));
        }
        return Answer.Result(iq, new Node("leave", [], left));
    }

    private Node Join(DeviceSession session, Node iq, string code)
    {
        if (server.Groups.ByInvite(code) is not { } group)
            return Answer.Error(iq, 410, "gone");
        if (group.State.Find(session.Account) is not null)
            return Answer.Error(iq, 409, "conflict");
        server.Groups.Add(group, session.Account, [session.Account], "invite");
        return Answer.Result(iq, new Node("group", ("jid", group.Id.ToString())));
    }

    private Node Members(Node iq, SandboxGroup group, Account actor, Node change)
    {
        List<Node> results = [];
        List<Account> accounts = [];
        foreach (var node in change.ChildrenOf("participant"))
        {
            var account = StanzaRouter.AccountOf(server, node, "jid");
            var member = account is null ? null : group.State.Find(account);
            var error = account is null || (member is null && change.Tag != "add") ? "404"
                : member is not null && change.Tag == "add" ? "409"
                : member is { Role: GroupRole.SuperAdmin } ? "406" : null;
            if (error is null)
                accounts.Add(account!);
            results.Add(account is null ? new Node("participant", ("jid", node["jid"]), ("error", error)) : GroupNodes.Participant(group, member ?? new Membership(account, GroupRole.Member), error));
        }
        switch (change.Tag)
        {
            case "add": server.Groups.Add(group, actor, accounts); break;
            case "remove": server.Groups.Remove(group, actor, accounts); break;
            default: server.Groups.SetAdmins(group, actor, accounts, change.Tag == "promote"); break;
        }
        return Answer.Result(iq, new Node(change.Tag, [], results));
    }

    private Node Subject(Node iq, SandboxGroup group, Account actor, string subject)
    {
        if (subject.Length is 0 or > MostSubject)
            return Answer.Error(iq, 406, "not-acceptable");
        server.Groups.Change(group, actor, state => state with { Subject = subject, SubjectBy = actor, SubjectAt = server.Now },
            new Node("subject", ("subject", subject), ("s_o", group.Address(actor).ToString()), ("s_t", server.NowText)));
        return Answer.Result(iq);
    }

    private Node Description(Node iq, SandboxGroup group, Account actor, Node change)
    {
        if (change["prev"] != group.State.Description?.Id)
            return Answer.Error(iq, 409, "conflict");
        var text = change.Child("body")?.Text;
        if (change["id"] is not { Length: > 0 } id || text is { Length: > MostDescription } || (text is null && change["delete"] != "true"))
            return Answer.Error(iq, 406, "not-acceptable");
        server.Groups.Change(group, actor, state => state with { Description = text is null ? null : (id, text, actor, server.Now) },
            new Node("description", [("id", id)], [text is null ? new Node("delete") : new Node("body", [], text)]));
        return Answer.Result(iq);
    }

    private Node Switch(Node iq, SandboxGroup group, Membership actor, Node notice, Func<GroupState, GroupState> change)
    {
        if (!actor.IsAdmin)
            return Forbidden(iq);
        server.Groups.Change(group, actor.Account, change, notice);
        return Answer.Result(iq);
    }

    private static int Seconds(Node change) =>
        change.Tag == "ephemeral" && int.TryParse(change["expiration"], NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;

    private static Node Forbidden(Node iq) => Answer.Error(iq, 403, "forbidden");
}
