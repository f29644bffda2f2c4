using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Groups;

/// <summary>
/// Group messages (wire/04 §6, §8.1): the <c>skmsg</c> goes to every device of every member but the sending one, in front of it the
/// device's own <c>enc</c> from <c>participants</c>. With attribute <c>participant</c> (a resend) all that goes to that device alone: some clients
/// repeat the key and the group part, others send one <c>enc</c> of their own.
/// </summary>
internal sealed class GroupRelay(SandboxServer server)
{
    /// <summary>Relays and gives the ack.</summary>
    public Node Handle(DeviceSession session, Node message, Jid to)
    {
        if (server.Groups.Find(to) is not { } group)
            return Acks.Of(message, "message", server.NowText, error: "404");
        if (group.State.Find(session.Account) is not { } member || (group.State.Announcement && !member.IsAdmin))
            return Acks.Of(message, "message", server.NowText, error: "403");
        if (message["addressing_mode"] is { } mode && mode != group.ModeName)
            return Acks.Of(message, "message", server.NowText, error: "421").With(("addressing_mode", group.ModeName));
        CheckIdentity(session.Device, message);
        if (message["participant"] is not null)
            Resend(session.Device, message, group);
        else if (FanOut(session.Device, message, group) is { } phash)
            return Relayed(message, group, phash);
        return Relayed(message, group, null);
    }

    private Node Relayed(Node message, SandboxGroup group, string? phash)
    {
        server.Stats.MessageRelayed();
        return Acks.Of(message, "message", server.NowText, phash: phash).With(("addressing_mode", group.ModeName));
    }

    /// <summary>The right hash when the sender had another list.</summary>
    private string? FanOut(Device sender, Node message, SandboxGroup group)
    {
        var devices = group.Devices();
        var own = OwnCopies(message);
        var (attributes, shared) = (Attributes(sender, message, group), SharedChildren(message));
        var hasGroupPart = shared.Any(child => child.Tag == "enc");
        var forEveryone = new Node("message", attributes, shared);
        foreach (var device in devices)
            if (device != sender && (own.TryGetValue(device, out var copies) || hasGroupPart))
                Deliver(device, sender, message, copies is null ? forEveryone : new Node("message", attributes, [.. copies, .. shared]));
        return message["phash"] is { } claimed ? Correction(claimed, sender, group, devices) : null;
    }

    private static string? Correction(string claimed, Device sender, SandboxGroup group, IReadOnlyList<Device> devices)
    {
        var expected = ParticipantHash.Compute(devices.Select(Address));
        return claimed == expected || claimed == ParticipantHash.Compute(devices.Where(device => device != sender).Select(Address)) ? null : expected;

        Jid Address(Device device) => group.Address(device.Account).WithDevice(device.Number);
    }

    private void Resend(Device sender, Node message, SandboxGroup group)
    {
        if (message.JidOf("participant") is { IsUser: true } jid && server.Accounts.FindDevice(jid) is { } device && group.State.Find(device.Account) is not null && device != sender)
            Deliver(device, sender, message, new Node("message", Attributes(sender, message, group), [.. OwnCopies(message).GetValueOrDefault(device, []), .. SharedChildren(message)]));
    }

    private void Deliver(Device device, Device sender, Node message, Node stanza) =>
        server.Postbox.Deliver(device, new Delivery(DeliveryClass.Message, message["id"]!, sender.Account, stanza));

    private Dictionary<Device, Node[]> OwnCopies(Node message)
    {
        Dictionary<Device, Node[]> copies = [];
        foreach (var target in message.Child("participants")?.ChildrenOf("to") ?? [])
            if (target.JidOf("jid") is { IsUser: true } jid && server.Accounts.FindDevice(jid) is { } device)
                copies[device] = [.. target.ChildrenOf("enc")];
        return copies;
    }

    private static List<Node> SharedChildren(Node message) =>
        [.. message.Children.Where(child => child.Tag is "enc" or "device-identity" or "meta" or "biz" or "reporting")];

    private (string, string?)[] Attributes(Device sender, Node message, SandboxGroup group) =>
    [
        ("id", message["id"]), ("from", group.Id.ToString()), ("participant", group.Address(sender.Account).WithDevice(sender.Number).ToString()),
        (group.Mode == AddressingMode.Lid ? "participant_pn" : "participant_lid", group.OtherAddress(sender.Account).ToString()),
        ("type", message["type"] ?? "text"), ("t", server.NowText), ("notify", sender.Account.PushName), ("addressing_mode", group.ModeName), ("edit", message["edit"]),
    ];

    private void CheckIdentity(Device sender, Node message)
    {
        var encrypted = (message.Child("participants")?.ChildrenOf("to").SelectMany(target => target.Children) ?? []).Concat(message.ChildrenOf("enc"));
        if (!sender.IsPhone && message.Child("device-identity") is null && encrypted.Any(enc => enc["type"] == "pkmsg"))
            server.Stats.Violation($"pkmsg of companion {sender.Phone} without device-identity");
    }
}
