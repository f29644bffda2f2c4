using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Groups;

/// <summary>xmlns <c>w:g2</c> (wire/07 §1): what clients ask about groups. Changes are in <see cref="GroupChangeStanzas"/>.</summary>
internal sealed class GroupStanzas(SandboxServer server)
{
    private const int MostGroupsAtOnce = 10_000;
    private readonly GroupChangeStanzas _changes = new(server);

    public Node Answer(DeviceSession session, Node iq)
    {
        if (iq.JidOf("to") is not { IsGroup: true } id)
            return iq["type"] == "get" ? AskServer(session, iq) : _changes.ForServer(session, iq);
        if (server.Groups.Find(id) is not { } group)
            return Stanzas.Answer.Error(iq, 404, "item-not-found");
        if (group.State.Find(session.Account) is not { } member)
            return Stanzas.Answer.Error(iq, 403, "forbidden");
        return iq["type"] == "get" ? AskGroup(iq, group, member) : _changes.ForGroup(iq, group, member);
    }

    private Node AskServer(DeviceSession session, Node iq)
    {
        if (iq.Child("participating") is not null)
            return Stanzas.Answer.Result(iq, new Node("groups", [], [.. server.Groups.Of(session.Account).Select(GroupNodes.Group)]));
        if (iq.Child("query") is { } query)
            return Stanzas.Answer.Result(iq, new Node("groups", [], [.. query.ChildrenOf("group").Take(MostGroupsAtOnce).Select(asked => One(session, asked))]));
        if (iq.Child("invite")?["code"] is { } code)
            return server.Groups.ByInvite(code) is { } group ? Stanzas.Answer.Result(iq, GroupNodes.Group(group)) : Stanzas.Answer.Error(iq, 406, "not-acceptable");
        return Stanzas.Answer.Error(iq, 400, "bad-request");
    }

    private Node One(DeviceSession session, Node asked)
    {
        var group = asked.JidOf("jid") is { IsGroup: true } id ? server.Groups.Find(id) : null;
        return group is not null && group.State.Find(session.Account) is not null
            ? GroupNodes.Group(group)
            : new Node("group", ("id", asked.JidOf("jid")?.User), ("error", group is null ? "404" : "403"));
    }

    private static Node AskGroup(Node iq, SandboxGroup group, Membership member)
    {
        if (iq.Child("query") is not null)
            return Stanzas.Answer.Result(iq, GroupNodes.Group(group));
        if (iq.Child("invite") is not null)
            return member.IsAdmin ? Stanzas.Answer.Result(iq, new Node("invite", ("code", group.State.InviteCode))) : Stanzas.Answer.Error(iq, 401, "not-authorized");
        if (iq.Child("membership_approval_requests") is not null)
            return Stanzas.Answer.Result(iq, new Node("membership_approval_requests", [], Array.Empty<Node>()));
        return Stanzas.Answer.Error(iq, 400, "bad-request");
    }
}
