using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>What the server tells devices by itself (wire/04 §12). Each waits for an acknowledgement.</summary>
internal sealed class Notifications(SandboxServer server)
{
    private long _last;

    /// <summary><c>&lt;notification from="s.whatsapp.net" type="encrypt" id t&gt;&lt;count value/&gt;&lt;/notification&gt;</c></summary>
    public void PreKeysLow(Device device, int left)
    {
        lock (device.Account.Gate)
            if (device.Queue.Contains(DeliveryClass.Notification, waiting => waiting.Stanza["type"] == "encrypt"))
                return;
        Send(device, null, [("from", Jid.PhoneServer), ("type", "encrypt")], new Node("count", ("value", Text(left))));
    }

    /// <summary><c>&lt;notification from="s.whatsapp.net" type="server_sync"&gt;&lt;collection name version/&gt;&lt;/notification&gt;</c> to the other devices.</summary>
    public void AppStateChanged(Device author, string collection, ulong version)
    {
        foreach (var device in Others(author.Account, author))
            Send(device, null, [("from", Jid.PhoneServer), ("type", "server_sync")],
                new Node("collection", ("name", collection), ("version", version.ToString(CultureInfo.InvariantCulture))));
    }

    /// <summary>
    /// <c>&lt;notification from="N@s.whatsapp.net" lid type="devices"&gt;&lt;add|remove device_hash device_lid_hash&gt;&lt;device jid lid key-index/&gt;&lt;key-index-list/&gt;…</c>
    /// to the account's other devices and to the people it has written with.
    /// </summary>
    public void DevicesChanged(Device changed, bool added)
    {
        var account = changed.Account;
        Node child;
        Account[] contacts;
        lock (account.Gate)
        {
            var children = new List<Node> { new("device", ("jid", changed.Phone.ToString()), ("lid", changed.Lid.ToString()),
                ("key-index", added ? changed.KeyIndex.ToString(CultureInfo.InvariantCulture) : null)) };
            if (account.KeyIndexList is { } list)
                children.Add(UsyncStanzas.KeyIndexNode(list));
            child = new Node(added ? "add" : "remove",
                [("device_hash", ParticipantHash.Compute(account.Devices.Select(device => device.Phone))),
                 ("device_lid_hash", ParticipantHash.Compute(account.Devices.Select(device => device.Lid)))], children);
            contacts = server.Options.NotifyContactsOfDevices ? [.. account.Contacts] : [];
        }
        var receivers = Others(account, changed).Concat(contacts.SelectMany(contact => Others(contact, null)));
        foreach (var device in receivers.Where(device => !device.IsPhone))
            Send(device, account, [("from", account.Phone.ToString()), ("lid", account.Lid.ToString()), ("type", "devices")], child);
    }

    /// <summary>
    /// <c>&lt;notification id=MESSAGE from=OWN type="mediaretry"&gt;&lt;rmr/&gt;&lt;encrypt/&gt;|&lt;error code/&gt;&lt;/notification&gt;</c>: the phone's answer to a
    /// companion (wire/05 §5).
    /// </summary>
    public void MediaRetry(Device device, Jid form, string messageId, Node? rmr, Node answer)
    {
        var stanza = new Node("notification",
            [("from", device.Account.InFormOf(form).ToString()), ("type", "mediaretry"), ("id", messageId), ("t", server.NowText)], rmr is null ? [answer] : [rmr, answer]);
        server.Postbox.Deliver(device, new Delivery(DeliveryClass.Notification, messageId, device.Account, stanza));
    }

    /// <summary><c>&lt;notification from="own" type="account_sync"&gt;&lt;privacy&gt;&lt;category name value/&gt;&lt;/privacy&gt;&lt;/notification&gt;</c> to the other devices.</summary>
    public void PrivacyChanged(Device author, string name, string value)
    {
        foreach (var device in Others(author.Account, author))
            Send(device, null, [("from", author.Account.Phone.ToString()), ("type", "account_sync")],
                new Node("privacy", [], [new Node("category", ("name", name), ("value", value))]));
    }

    private void Send(Device device, Account? from, ReadOnlySpan<(string, string?)> attributes, Node child)
    {
        var id = Text((int)(Interlocked.Increment(ref _last) % int.MaxValue));
        var stanza = new Node("notification", [.. attributes, ("id", id), ("t", server.NowText)], [child]);
        server.Postbox.Deliver(device, new Delivery(DeliveryClass.Notification, id, from, stanza));
    }

    private static Device[] Others(Account account, Device? except)
    {
        lock (account.Gate)
            return [.. account.Devices.Where(device => device != except)];
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
