using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>Messages that wait: for a while with typing, for their time, in their order, and taken back.</summary>
public sealed class QueueTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromMilliseconds(700);

    private static OutgoingMessage Text(VirtualPhone to, string text) => new(to.Jid, new OutgoingText(text));

    private static Task<PhoneMessage> ArrivedAsync(VirtualPhone phone, string text) =>
        phone.WaitForMessageAsync(message => message.Text == text, default).WaitAsync(DeviceRig.Patience);

    private static Task<string> QueueAsync(RunningDevice device, OutgoingMessage message) => device.OnOwnerAsync(() => device.Device.QueueAsync(message, default));

    [Fact]
    public async Task A_delay_shows_typing_before_the_message_leaves()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        var before = TimeProvider.System.GetUtcNow();

        await device.OnOwnerAsync(() => device.Device.SendAsync(Text(bob, "slow") with { Delay = Soon, Typing = TypingState.Recording }, default));

        Assert.True(TimeProvider.System.GetUtcNow() - before >= Soon);
        await bob.WaitForSignalAsync(signal => signal.State == "recording", default).WaitAsync(DeviceRig.Patience);
        await ArrivedAsync(bob, "slow");
    }

    [Fact]
    public async Task A_queued_delay_shows_typing_and_the_message_follows_by_itself()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();

        var id = await QueueAsync(device, Text(bob, "slow") with { Delay = Soon, Typing = TypingState.Composing });

        await bob.WaitForSignalAsync(signal => signal.State == "composing", default).WaitAsync(DeviceRig.Patience);
        Assert.Equal(id, (await ArrivedAsync(bob, "slow")).MessageId);
        await rig.Store.UntilAsync(store => store.Events.OfType<MessageArrived>().Any(e => e.Message.MessageId == id));
    }

    [Fact]
    public async Task Messages_for_later_leave_in_the_order_of_their_times_each_once()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var (device, connect) = await StartUnconnectedAsync(rig);
        var now = TimeProvider.System.GetUtcNow();
        await QueueAsync(device, Text(bob, "far") with { NotBefore = now + TimeSpan.FromHours(1) });
        await QueueAsync(device, Text(bob, "second") with { NotBefore = now + Soon * 2 });
        await QueueAsync(device, Text(bob, "first") with { NotBefore = now + Soon });

        connect.SetResult();
        await ArrivedAsync(bob, "second");

        Assert.True(TimeProvider.System.GetUtcNow() >= now + Soon * 2);
        Assert.Equal(["first", "second"], bob.Messages.Select(message => message.Text));
        Assert.Single(rig.Store.Messages.Values, row => row.Status == MessageStatus.Queued);
        Assert.Empty(rig.Network.Stats.LastViolations);
    }

    [Fact]
    public async Task A_time_that_has_passed_is_now()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        await QueueAsync(device, Text(bob, "at once") with { NotBefore = TimeProvider.System.GetUtcNow() });
        await ArrivedAsync(bob, "at once");
    }

    [Fact]
    public async Task A_message_for_later_survives_the_process_and_leaves_once()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var first = await rig.StartLinkedAsync();
        await QueueAsync(first, Text(bob, "later") with { NotBefore = TimeProvider.System.GetUtcNow() + Soon });
        first.Kill();

        await rig.Start().UntilAsync(DeviceStatus.Open);

        await ArrivedAsync(bob, "later");
        await rig.Store.UntilAsync(store => store.Messages.Values.Any(row => row.Status >= MessageStatus.ServerAck && row.FromApi));
        Assert.Single(bob.Messages, message => message.Text == "later");
    }

    [Fact]
    public async Task A_message_is_taken_back_before_it_leaves_and_not_after()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        var now = TimeProvider.System.GetUtcNow();
        var mistaken = await QueueAsync(device, Text(bob, "mistaken") with { NotBefore = now + TimeSpan.FromHours(1) });

        Assert.True(await CancelAsync(device, mistaken));
        Assert.False(await CancelAsync(device, mistaken));
        await QueueAsync(device, Text(bob, "meant") with { NotBefore = now + Soon });
        var sent = (await ArrivedAsync(bob, "meant")).MessageId;

        Assert.False(await CancelAsync(device, sent));
        Assert.Equal(["meant"], bob.Messages.Select(message => message.Text));
        Assert.Equal((MessageStatus.Failed, "cancelled"), rig.Store.Messages.Values.Where(row => row.Key.Id == mistaken).Select(row => (row.Status, row.Failure)).Single());
        Assert.DoesNotContain(rig.Store.Events, e => e is MessageFailed);

        static Task<bool> CancelAsync(RunningDevice device, string id) => device.OnOwnerAsync(() => device.Device.CancelAsync(id, default));
    }

    [Fact]
    public async Task What_waited_for_the_connection_leaves_by_priority()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var (device, connect) = await StartUnconnectedAsync(rig);
        foreach (var (text, priority) in new[] { ("campaign", 9), ("plain", 5), ("code", 0) })
            await QueueAsync(device, Text(bob, text) with { Priority = priority });

        connect.SetResult();

        await ArrivedAsync(bob, "campaign");
        Assert.Equal(["code", "plain", "campaign"], bob.Messages.Select(message => message.Text));
    }

    // Linked before; connects when it is told to.
    private static async Task<(RunningDevice Device, TaskCompletionSource Connect)> StartUnconnectedAsync(DeviceRig rig)
    {
        var first = await rig.StartLinkedAsync();
        first.Kill();
        await first.Run.ContinueWith(_ => { }, TaskScheduler.Default).WaitAsync(DeviceRig.Patience);
        var connect = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var device = rig.Start(beforeConnect: token => new ValueTask(connect.Task.WaitAsync(token)));
        await device.UntilAsync(DeviceStatus.Reconnecting);
        return (device, connect);
    }
}
