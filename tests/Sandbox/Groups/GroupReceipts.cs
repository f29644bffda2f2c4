using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Groups;

/// <summary>
/// Receipts for group messages (wire/04 §9, §10): <c>&lt;receipt id to="120363…@g.us" participant=author [type]/&gt;</c> acknowledges the message and
/// goes to the author's devices as <c>from</c> = group, <c>participant</c> = reader; a retry only to the device that sent the message.
/// </summary>
internal sealed class GroupReceipts(SandboxServer server)
{
    public void Handle(DeviceSession session, Node receipt, Jid to, string id, IEnumerable<string> ids)
    {
        var type = receipt["type"];
        var author = StanzaRouter.AccountOf(server, receipt, "participant");
        if (type != "retry")
            foreach (var one in ids)
                server.Postbox.Acknowledged(session.Device, DeliveryClass.Message, one, author);
        session.Link.Send(new Node("ack",
            ("class", "receipt"), ("id", id), ("from", receipt["to"]), ("participant", receipt["participant"]), ("type", type), ("t", server.NowText)));
        if (author is null || server.Groups.Find(to) is not { } group || group.State.Find(session.Account) is null || type is "sender" or "read-self" or "played-self")
            return;
        if (type == "retry")
            server.Stats.RetryRelayed();
        else
            server.Stats.ReceiptRelayed();
        var stanza = Stanza(session, receipt, group);
        foreach (var device in Receivers(author, type == "retry" ? receipt.JidOf("participant")?.Device : null))
            if (device != session.Device)
                server.Postbox.Deliver(device, new Delivery(DeliveryClass.Receipt, id, session.Account, stanza));
    }

    private Node Stanza(DeviceSession session, Node receipt, SandboxGroup group)
    {
        (string, string?)[] attributes =
        [
            ("id", receipt["id"]), ("from", group.Id.ToString()), ("participant", group.Address(session.Account).WithDevice(session.Device.Number).ToString()),
            ("type", receipt["type"]), ("t", receipt["t"] ?? server.NowText),
        ];
        return receipt.HasChildList ? new Node("receipt", attributes, receipt.Children) : new Node("receipt", attributes);
    }

    private static Device[] Receivers(Account author, int? only)
    {
        lock (author.Gate)
            return [.. author.Devices.Where(device => only is null || device.Number == only)];
    }
}
