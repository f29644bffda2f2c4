using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Groups;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// Which handler a stanza of a logged-in device goes to. Every iq is answered, an unknown one with an empty result (wire/01 §5).
/// </summary>
internal sealed class StanzaRouter(SandboxServer server)
{
    private readonly Calls _calls = new(server);
    private readonly UsyncStanzas _usync = new(server);
    private readonly AccountQueries _queries = new(server);
    private readonly AppStateStanzas _appState = new(server);
    private readonly GroupStanzas _groups = new(server);

    /// <summary>One stanza from a device, phones included.</summary>
    public void Handle(DeviceSession session, Node stanza)
    {
        switch (stanza.Tag)
        {
            case "iq" when stanza["type"] == "set" && stanza.Child("remove-companion-device") is not null:
                server.Logout.Handle(session, stanza);
                break;
            case "iq" when stanza["type"] is "get" or "set":
                session.Link.Send(Query(session, stanza));
                break;
            case "message": server.Relay.Handle(session, stanza); break;
            case "receipt": server.Receipts.Handle(session, stanza); break;
            case "ack": Acks.Handle(server, session, stanza); break;
            case "presence": server.Presence.Handle(session, stanza); break;
            case "chatstate": server.Presence.Typing(session, stanza); break;
            case "call": _calls.Handle(session, stanza); break;
            default: break; // iq results (our pings), ib: nothing to do.
        }
    }

    /// <summary>The answer to an iq; a virtual phone calls this itself.</summary>
    public Node Query(DeviceSession session, Node iq) => (iq["xmlns"], iq["type"]) switch
    {
        ("encrypt", "get") => server.PreKeys.Get(session, iq),
        ("encrypt", "set") => server.PreKeys.Set(session, iq),
        ("usync", "get") => _usync.Answer(iq),
        ("passive", "set") => Passive.Handle(server, session, iq),
        ("w:sync:app:state", "set") => _appState.Handle(session, iq),
        ("w:g2", _) => _groups.Answer(session, iq),
        ("w:p", _) or ("urn:xmpp:ping", _) => KeepAlive.Answer(server, iq),
        _ => _queries.Answer(session, iq),
    };

    /// <summary>Who caused what an ack or receipt is about: its <c>to</c>, or its <c>participant</c> in a group.</summary>
    internal static Account? OriginOf(SandboxServer server, Node stanza) =>
        AccountOf(server, stanza, "to") ?? (stanza.JidOf("to") is { IsGroup: true } ? AccountOf(server, stanza, "participant") : null);

    /// <summary>The account of the attribute, in either form; null for the server, groups and strangers.</summary>
    internal static Account? AccountOf(SandboxServer server, Node stanza, string attribute) =>
        stanza.JidOf(attribute) is { IsUser: true } jid ? server.Accounts.Find(jid) : null;
}
