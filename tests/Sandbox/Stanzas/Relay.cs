using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Groups;

namespace WhatsApp.Sandbox.Stanzas;

/// <summary>
/// Message fan-out (wire/04 §4-5, §8.1): every device named under <c>participants</c> gets its own <c>enc</c> and nothing else; a bare
/// <c>enc</c> goes to the device in <c>to</c>. Every message is acknowledged; <c>phash</c> says that the device list was not right.
/// </summary>
internal sealed class Relay(SandboxServer server)
{
    private const int MaxTargets = 5000;
    private readonly GroupRelay _groups = new(server);

    /// <summary>One message from a device.</summary>
    public void Handle(DeviceSession session, Node message)
    {
        if (message["id"] is not { Length: > 0 } id || message.JidOf("to") is not { } to)
        {
            server.Stats.Violation($"message of {session.Device.Phone} without id or to");
            return;
        }
        if (server.Faults.Take(FaultKind.Nack, session.Account, session.Device.Number) is { } nack)
        {
            session.Link.Send(Acks.Of(message, "message", server.NowText, error: nack.Code));
            return;
        }
        if (to.IsGroup)
        {
            Acknowledge(session, _groups.Handle(session, message, to));
            return;
        }
        if (!to.IsUser || server.Accounts.Find(to) is not { } recipient)
        {
            session.Link.Send(Acks.Of(message, "message", server.NowText, error: "404"));
            return;
        }
        var envelope = new Envelope(session.Device, recipient, to, message, id, server.NowText);
        var phash = message.Child("participants") is { } participants ? FanOut(envelope, participants) : Single(envelope);
        Acquaint(session.Account, recipient);
        server.Stats.MessageRelayed();
        Acknowledge(session, Acks.Of(message, "message", server.NowText, phash: phash));
    }

    private string? FanOut(Envelope envelope, Node participants)
    {
        var given = new HashSet<Device> { envelope.Sender };
        var complete = true;
        foreach (var target in participants.ChildrenOf("to").Take(MaxTargets))
        {
            var device = target.JidOf("jid") is { IsUser: true } jid ? server.Accounts.FindDevice(jid) : null;
            if (device is null || (device.Account != envelope.Recipient && device.Account != envelope.Sender.Account) || !given.Add(device))
                complete = false;
            else
                Deliver(envelope, device, target.Children);
        }
        return complete && given.SetEquals(Expected(envelope)) ? null
            : ParticipantHash.Compute(Expected(envelope).Select(device => device.InFormOf(envelope.To)));
    }

    private string? Single(Envelope envelope)
    {
        var encrypted = envelope.Message.ChildrenOf("enc").ToArray();
        if (server.Accounts.FindDevice(envelope.To) is { } device)
            Deliver(envelope, device, encrypted);
        return null;
    }

    private void Deliver(Envelope envelope, Device device, IEnumerable<Node> encrypted)
    {
        var children = encrypted.Where(child => child.Tag == "enc").ToList();
        if (children.Count == 0)
            return;
        if (children.Any(enc => enc["type"] == "pkmsg") && !envelope.Sender.IsPhone && envelope.Message.Child("device-identity") is null)
            server.Stats.Violation($"pkmsg of companion {envelope.Sender.Phone} without device-identity");
        children.AddRange(envelope.Message.Children.Where(child => child.Tag is "device-identity" or "meta" or "biz" or "reporting"));
        var stanza = new Node("message", [.. envelope.Attributes(device)], children);
        server.Postbox.Deliver(device, new Delivery(DeliveryClass.Message, envelope.Id, envelope.Sender.Account, stanza));
    }

    /// <summary>All devices of both accounts, the sending one included.</summary>
    private static HashSet<Device> Expected(Envelope envelope)
    {
        var devices = new HashSet<Device>();
        lock (envelope.Recipient.Gate)
            devices.UnionWith(envelope.Recipient.Devices);
        lock (envelope.Sender.Account.Gate)
            devices.UnionWith(envelope.Sender.Account.Devices);
        return devices;
    }

    private void Acknowledge(DeviceSession session, Node ack)
    {
        if (server.Faults.Take(FaultKind.HoldAcks, session.Account, session.Device.Number) is not { } hold)
            session.Link.Send(ack);
        else if (hold.Ms is { } ms)
            _ = SendLaterAsync(session, ack, ms);
    }

    private async Task SendLaterAsync(DeviceSession session, Node ack, int ms)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(ms), server.Options.Time);
        session.Link.Send(ack);
    }

    private static void Acquaint(Account one, Account other)
    {
        lock (one.Gate)
            one.Knows(other);
        lock (other.Gate)
            other.Knows(one);
    }
}
