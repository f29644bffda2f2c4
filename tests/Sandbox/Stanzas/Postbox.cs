using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// Puts stanzas that need an acknowledgement into a device's queue and, when the device is there, on its connection
/// (wire/01 §8.3, §10; wire/04 §17).
/// </summary>
internal sealed class Postbox(SandboxServer server)
{
    /// <summary>Queues and, if possible, sends. Order per device is the order of calls.</summary>
    public void Deliver(Device device, Delivery delivery)
    {
        lock (device.Account.Gate)
        {
            device.Queue.Add(delivery);
            if (device.Session is { Passive: false } session)
                Send(session, delivery, offline: false);
            else
                server.Stats.QueuedOffline();
        }
    }

    /// <summary>
    /// <c>&lt;ib&gt;&lt;offline_preview/&gt;&lt;/ib&gt;</c>, the backlog with attribute <c>offline</c>, <c>&lt;ib&gt;&lt;offline count/&gt;&lt;/ib&gt;</c>:
    /// always all three, also for an empty backlog. Take the gate.
    /// </summary>
    public void SendBacklog(DeviceSession session)
    {
        var backlog = session.Device.Queue.Waiting.ToArray();
        var count = Text(backlog.Length);
        session.Link.Send(Ib(new Node("offline_preview", ("count", count),
            ("message", Count(backlog, DeliveryClass.Message)), ("receipt", Count(backlog, DeliveryClass.Receipt)),
            ("notification", Count(backlog, DeliveryClass.Notification)), ("appdata", "0"))));
        foreach (var delivery in backlog)
            Send(session, delivery, offline: true);
        session.Link.Send(Ib(new Node("offline", ("count", count))));
    }

    /// <summary>The device has it: forget it.</summary>
    public bool Acknowledged(Device device, DeliveryClass @class, string id, Account? from)
    {
        lock (device.Account.Gate)
            if (!device.Queue.Remove(@class, id, from))
                return false;
        server.Stats.Acked();
        return true;
    }

    /// <summary><c>&lt;ib from="s.whatsapp.net"&gt;child&lt;/ib&gt;</c></summary>
    public static Node Ib(Node child) => new("ib", [("from", Jid.PhoneServer)], [child]);

    private void Send(DeviceSession session, Delivery delivery, bool offline)
    {
        var device = session.Device;
        var stanza = offline ? delivery.Stanza.With(("offline", Text(delivery.Attempts))) : delivery.Stanza;
        var again = false;
        if (delivery.Class == DeliveryClass.Message)
        {
            again = server.Faults.Take(FaultKind.Duplicate, device.Account, device.Number, fault => fault.StrikesMessage(delivery.Id)) is not null;
            if (server.Faults.Take(FaultKind.Corrupt, device.Account, device.Number, fault => fault.Part != "frame" && fault.StrikesMessage(delivery.Id)) is not null)
                stanza = Corruption.Of(stanza);
        }
        Count(delivery);
        session.Link.Send(stanza);
        if (!again)
            return;
        Count(delivery);
        session.Link.Send(stanza);
    }

    private void Count(Delivery delivery)
    {
        delivery.Attempts++;
        if (delivery.Class == DeliveryClass.Notification)
            server.Stats.NotificationSent();
        if (delivery.Class != DeliveryClass.Message)
            return;
        server.Stats.Delivered();
        if (delivery.Attempts > 1)
            server.Stats.DeliveredAgain();
    }

    private static string Count(Delivery[] backlog, DeliveryClass @class) => Text(backlog.Count(delivery => delivery.Class == @class));

    private static string Text(int number) => number.ToString(System.Globalization.CultureInfo.InvariantCulture);
}
