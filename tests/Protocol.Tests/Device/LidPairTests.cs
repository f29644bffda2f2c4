using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>Pairs entered by hand, through the whole device.</summary>
public sealed class LidPairTests
{
    [Fact]
    public async Task A_pair_entered_by_hand_is_used_by_the_next_send_and_told_once()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        var pair = new LidPair(bob.Jid, bob.Lid);

        var first = await PutAsync(device, false, pair);
        var again = await PutAsync(device, false, pair);
        var sent = await device.OnOwnerAsync(() => device.Device.SendAsync(new OutgoingMessage(bob.Jid, new OutgoingText("oi")), default));
        await bob.WaitForMessageAsync(message => message.MessageId == sent.MessageId, default).WaitAsync(DeviceRig.Patience);

        Assert.Equal((1, 0), (first.Created, first.Updated));
        Assert.Equal((0, 1), (again.Created, again.Updated));
        Assert.Equal("manual", rig.Store.LidMappings[bob.Jid].Source);
        Assert.Equal(new LidMapped(bob.Jid, bob.Lid), Assert.Single(rig.Store.Events.OfType<LidMapped>(), mapped => mapped.Phone == bob.Jid));
        Assert.Contains(rig.Store.Messages.Values, row => row.Key.Id == sent.MessageId && row.Key.Chat == bob.Lid);
    }

    [Fact]
    public async Task What_the_server_told_stays_unless_forced_and_the_device_follows()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        await device.OnOwnerAsync(() => device.Device.SendAsync(new OutgoingMessage(bob.Jid, new OutgoingText("learn")), default));
        var other = new LidPair(bob.Jid, Jid.Parse("123456789@lid"));

        var refused = await PutAsync(device, false, other);
        Assert.Equal(bob.Lid, rig.Store.LidMappings[bob.Jid].Lid);
        var forced = await PutAsync(device, true, other);

        Assert.Equal(bob.Lid, Assert.Single(Assert.Single(refused.Conflicts).Existing).Lid);
        Assert.Equal((0, 1, 0), (forced.Created, forced.Updated, forced.Conflicts.Count));
        Assert.Equal(other.Lid, rig.Store.LidMappings[bob.Jid].Lid);
        Assert.Equal("own-account", Assert.Single((await PutAsync(device, true, new LidPair(rig.Phone.Jid, other.Lid))).Conflicts).Reason);
    }

    private static Task<LidPairsTaken> PutAsync(RunningDevice device, bool force, params LidPair[] pairs) =>
        device.OnOwnerAsync(() => device.Device.PutLidPairsAsync(pairs, force, default));
}
