using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>Texts through the whole device and the sandbox's network.</summary>
public class ConversationTests
{
    [Fact]
    public async Task A_text_goes_out_and_the_answer_comes_in()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();

        var sent = await SendAsync(device, bob.Jid, "oi");
        var arrived = await bob.WaitForMessageAsync(message => message.Text == "oi", default).WaitAsync(DeviceRig.Patience);
        bob.SendText(rig.Phone.PhoneNumber, "oi Ana");
        await rig.Store.UntilAsync(store => store.Events.OfType<MessageArrived>().Any(message => message.Message.Text == "oi Ana"));

        Assert.Equal(MessageStatus.ServerAck, sent.Status);
        Assert.Equal(sent.MessageId, arrived.MessageId);
        Assert.Empty(rig.Network.Stats.LastViolations);
    }

    [Fact]
    public async Task What_came_while_the_device_was_away_arrives_once_after_the_login()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        await device.DisposeAsync();

        for (var i = 0; i < 100; i++)
            bob.SendText(rig.Phone.PhoneNumber, $"text {i}");
        await rig.Start().UntilAsync(DeviceStatus.Open);
        await rig.Store.UntilAsync(store => Texts(store).Count() == 100);

        Assert.Equal(Enumerable.Range(0, 100).Select(i => $"text {i}"), Texts(rig.Store));
    }

    [Fact]
    public async Task A_text_whose_ack_was_lost_with_the_socket_is_sent_again_under_its_id_and_arrives_once()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.HoldAcks });

        var sending = SendAsync(device, bob.Jid, "important");
        await bob.WaitForMessageAsync(message => message.Text == "important", default).WaitAsync(DeviceRig.Patience);
        rig.Network.Faults.Add(new Fault { Kind = FaultKind.Drop });
        var sent = await sending.WaitAsync(DeviceRig.Patience);

        Assert.InRange(sent.Status, MessageStatus.ServerAck, MessageStatus.Delivered);
        Assert.Single(bob.Messages, message => message.Text == "important");
    }

    [Fact]
    public async Task After_another_link_nothing_of_the_old_one_is_used()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        await SendAsync(device, bob.Jid, "before");
        await device.OnOwnerAsync(() => device.Device.LogoutAsync(default));
        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));
        await rig.ScanAsync(device);
        await device.UntilAsync(DeviceStatus.Open);

        await SendAsync(device, bob.Jid, "after");

        await bob.WaitForMessageAsync(message => message.Text == "after", default).WaitAsync(DeviceRig.Patience);
    }

    private static IEnumerable<string?> Texts(InMemoryDeviceStore store) =>
        store.Events.OfType<MessageArrived>().Where(message => !message.Message.FromMe).Select(message => message.Message.Text);

    private static Task<SentMessage> SendAsync(RunningDevice device, Jid to, string text) =>
        device.OnOwnerAsync(() => device.Device.SendAsync(new OutgoingMessage(to, new OutgoingText(text)), default));
}
