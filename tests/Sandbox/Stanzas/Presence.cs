using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>Presence and typing (wire/04 §15): not queued, not acknowledged.</summary>
internal sealed class Presence(SandboxServer server)
{
    private const int MaxSubscriptions = 2000;

    /// <summary>available, unavailable, subscribe, unsubscribe.</summary>
    public void Handle(DeviceSession session, Node presence)
    {
        switch (presence["type"])
        {
            case "subscribe": Subscribe(session, presence); break;
            case "unsubscribe": Unsubscribe(session, presence); break;
            case "available" or "unavailable" or null: Set(session, presence["type"] != "unavailable"); break;
            default: break;
        }
    }

    /// <summary><c>&lt;chatstate to&gt;&lt;composing/&gt;|&lt;paused/&gt;&lt;/chatstate&gt;</c> goes to the devices that are there.</summary>
    public void Typing(DeviceSession session, Node chatstate)
    {
        if (chatstate.JidOf("to") is not { IsUser: true } to || server.Accounts.Find(to) is not { } target || target == session.Account)
            return;
        var stanza = new Node("chatstate", [("from", session.Account.InFormOf(to).ToString())], chatstate.Children);
        lock (target.Gate)
            foreach (var device in target.Devices)
                if (device.Session is { Passive: false } other)
                    other.Link.Send(stanza);
    }

    /// <summary>The connection is gone: subscriptions end, and whoever watches learns it.</summary>
    public void Gone(DeviceSession session)
    {
        Account[] watched;
        lock (session.Account.Gate)
        {
            watched = [.. session.Subscriptions];
            session.Subscriptions.Clear();
        }
        foreach (var account in watched)
            lock (account.Gate)
                account.PresenceSubscribers.Remove(session);
        Set(session, available: false);
    }

    private void Set(DeviceSession session, bool available)
    {
        var account = session.Account;
        DeviceSession[] watchers;
        lock (account.Gate)
        {
            if (session.Available == available)
                return;
            session.Available = available;
            watchers = [.. account.PresenceSubscribers];
        }
        foreach (var watcher in watchers)
            watcher.Link.Send(Of(account, account.Phone));
    }

    private void Subscribe(DeviceSession session, Node presence)
    {
        if (presence.JidOf("to") is not { IsUser: true } to || server.Accounts.Find(to) is not { } account)
            return;
        lock (session.Account.Gate)
        {
            if (session.Subscriptions.Count >= MaxSubscriptions)
                return;
            session.Subscriptions.Add(account);
        }
        lock (account.Gate)
            account.PresenceSubscribers.Add(session);
        session.Link.Send(Of(account, to));
    }

    private void Unsubscribe(DeviceSession session, Node presence)
    {
        if (presence.JidOf("to") is not { IsUser: true } to || server.Accounts.Find(to) is not { } account)
            return;
        lock (session.Account.Gate)
            session.Subscriptions.Remove(account);
        lock (account.Gate)
            account.PresenceSubscribers.Remove(session);
    }

    private Node Of(Account account, Jid form)
    {
        bool available;
        lock (account.Gate)
            available = account.Devices.Any(device => device.Session?.Available == true);
        return available
            ? new Node("presence", ("from", account.InFormOf(form).ToString()))
            : new Node("presence", ("from", account.InFormOf(form).ToString()), ("type", "unavailable"), ("last", server.NowText));
    }
}
