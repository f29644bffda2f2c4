using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Groups;

/// <summary>
/// Tells members what happened (wire/04 §12):
/// <code>&lt;notification type="w:gp2" from="120363…@g.us" participant [participant_pn|participant_lid] t id addressing_mode&gt;&lt;add …/&gt;&lt;/notification&gt;</code>
/// </summary>
internal sealed class GroupNotifications(SandboxServer server)
{
    private long _last;

    /// <summary>One change, to every device of these members, the actor's too.</summary>
    public void Send(SandboxGroup group, Account? actor, IEnumerable<Membership> to, Node change)
    {
        var id = "g" + SandboxGroup.Text(Interlocked.Increment(ref _last));
        var stanza = new Node("notification",
        [
            ("id", id), ("from", group.Id.ToString()), ("type", "w:gp2"), ("t", server.NowText),
            ("participant", actor is null ? null : group.Address(actor).ToString()),
            (group.Mode == Protocol.Groups.AddressingMode.Lid ? "participant_pn" : "participant_lid", actor is null ? null : group.OtherAddress(actor).ToString()),
            ("addressing_mode", group.ModeName), ("notify", actor?.PushName),
        ], [change]);
        foreach (var (account, _) in to)
        {
            Device[] devices;
            lock (account.Gate)
                devices = [.. account.Devices];
            foreach (var device in devices)
                server.Postbox.Deliver(device, new Delivery(DeliveryClass.Notification, id, null, stanza));
        }
    }
}
