using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Groups;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// Receipts (wire/04 §9-10). A receipt for a delivered message is its acknowledgement; it is acknowledged itself and passed on: to all
/// devices of the author, a retry only to the device that sent the message.
/// </summary>
internal sealed class Receipts(SandboxServer server)
{
    private readonly GroupReceipts _groups = new(server);

    /// <summary>One receipt from a device.</summary>
    public void Handle(DeviceSession session, Node receipt)
    {
        if (receipt["id"] is not { Length: > 0 } id || receipt.JidOf("to") is not { } to)
        {
            server.Stats.Violation($"receipt of {session.Device.Phone} without id or to");
            return;
        }
        if (Calls.IsReceipt(receipt))
        {
            session.Link.Send(new Node("ack", ("class", "receipt"), ("id", id), ("from", receipt["to"]), ("t", server.NowText)));
            return;
        }
        if (to.IsGroup)
        {
            _groups.Handle(session, receipt, to, id, Ids(receipt, id));
            return;
        }
        var type = receipt["type"];
        var target = to.IsUser ? server.Accounts.Find(to) : null;
        if (type is not ("retry" or "server-error" or "hist_sync"))
            foreach (var one in Ids(receipt, id))
                server.Postbox.Acknowledged(session.Device, DeliveryClass.Message, one, target);
        session.Link.Send(new Node("ack", ("class", "receipt"), ("id", id), ("from", receipt["to"]), ("type", type), ("t", server.NowText)));
        if (target is null)
            return;
        switch (type)
        {
            case "retry": Retry(session, receipt, to, target, id); break;
            case "sender" or "hist_sync" or "read-self" or "played-self": break; // nothing for the author
            case "peer_msg" or "server-error": PassOn(session, receipt, to, id, target, only: 0); break;
            default: PassOn(session, receipt, to, id, target, only: null); break;
        }
        if (type is "read" or "read-self" or "played" or "played-self" && target != session.Account)
            TellOwnDevices(session, receipt, to, id);
    }

    private void Retry(DeviceSession session, Node receipt, Jid to, Account target, string id)
    {
        server.Stats.RetryRelayed();
        Device? device;
        lock (target.Gate)
            target.TryGetDevice(to.Device, out device);
        if (device is not null && device != session.Device)
            server.Postbox.Deliver(device, Of(session, receipt, to, id, receipt["recipient"]));
    }

    private void PassOn(DeviceSession session, Node receipt, Jid to, string id, Account target, int? only)
    {
        server.Stats.ReceiptRelayed();
        Device[] devices;
        lock (target.Gate)
            devices = [.. target.Devices.Where(device => device != session.Device && (only is null || device.Number == only))];
        foreach (var device in devices)
            server.Postbox.Deliver(device, Of(session, receipt, to, id, receipt["recipient"]));
    }

    /// <summary>The reader's other devices learn it too: from = own device, recipient = chat (wire/04 §10.3).</summary>
    private void TellOwnDevices(DeviceSession session, Node receipt, Jid to, string id)
    {
        Device[] devices;
        lock (session.Account.Gate)
            devices = [.. session.Account.Devices.Where(device => device != session.Device)];
        foreach (var device in devices)
            server.Postbox.Deliver(device, Of(session, receipt, to, id, to.ToAccount().ToString()));
    }

    private Delivery Of(DeviceSession session, Node receipt, Jid to, string id, string? recipient)
    {
        (string, string?)[] attributes =
        [
            ("id", id), ("from", session.Device.InFormOf(to).ToString()), ("type", receipt["type"]), ("t", receipt["t"] ?? server.NowText),
            ("recipient", recipient), ("category", receipt["category"]),
        ];
        var stanza = receipt.HasChildList ? new Node("receipt", attributes, receipt.Children) : new Node("receipt", attributes);
        return new Delivery(DeliveryClass.Receipt, id, session.Account, stanza);
    }

    private static IEnumerable<string> Ids(Node receipt, string first) =>
        (receipt.Child("list")?.ChildrenOf("item").Select(item => item["id"]).OfType<string>() ?? []).Prepend(first);
}
