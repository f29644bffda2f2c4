using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>Read receipts, typing and presence through the whole device and the sandbox's network.</summary>
public sealed class ChatSignalTests
{
    [Fact]
    public async Task The_author_learns_what_was_read_and_nothing_is_marked_twice()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        var ids = new[] { "one", "two", "three" }.Select(text => bob.SendText(rig.Phone.PhoneNumber, text)).ToArray();
        await rig.Store.UntilAsync(store => store.Events.OfType<MessageArrived>().Count() == 3);

        var first = await MarkAsync(device, bob, ids[0], "NOTHING");
        var rest = await MarkAsync(device, bob);
        var none = await MarkAsync(device, bob);

        Assert.Equal((ids[0], "NOTHING"), (Assert.Single(first.Read), Assert.Single(first.Unknown)));
        Assert.Equal(ids[1..], rest.Read);
        Assert.Empty(none.Read);
        foreach (var id in ids)
            await bob.WaitForReceiptAsync(receipt => receipt.MessageId == id && receipt.Type == "read", default).WaitAsync(DeviceRig.Patience);
        await rig.Phone.WaitForReceiptAsync(receipt => receipt.MessageId == ids[2] && receipt.Type == "read", default).WaitAsync(DeviceRig.Patience);
        Assert.All(rig.Store.Messages.Values.Where(row => !row.FromMe && ids.Contains(row.Key.Id)), row => Assert.Equal(MessageStatus.Read, row.Status));
        Assert.Empty(rig.Network.Stats.LastViolations);
    }

    [Fact]
    public async Task An_account_that_sends_no_read_receipts_tells_only_itself()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        string[] ids = [bob.SendText(rig.Phone.PhoneNumber, "one"), bob.SendText(rig.Phone.PhoneNumber, "two")];
        await rig.Store.UntilAsync(store => store.Events.OfType<MessageArrived>().Count() == 2);
        await MarkAsync(device, bob, ids[0]);

        rig.Phone.SendsReadReceipts = false;
        // The notification goes the way of messages: when this one is there, so is the notification.
        bob.SendText(rig.Phone.PhoneNumber, "three");
        await rig.Store.UntilAsync(store => store.Events.OfType<MessageArrived>().Count() == 3);
        await MarkAsync(device, bob, ids[1]);

        await rig.Phone.WaitForReceiptAsync(receipt => receipt.MessageId == ids[1] && receipt.Type == "read-self", default).WaitAsync(DeviceRig.Patience);
        Assert.DoesNotContain(bob.Receipts, receipt => receipt.MessageId == ids[1] && receipt.Type == "read");
        Assert.Contains(bob.Receipts, receipt => receipt.MessageId == ids[0] && receipt.Type == "read");
    }

    [Fact]
    public async Task Typing_goes_out_and_comes_in()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();

        foreach (var state in Enum.GetValues<TypingState>())
        {
            await device.OnOwnerAsync(() => device.Device.ShowTypingAsync(bob.Jid, state, default));
            await bob.WaitForSignalAsync(signal => string.Equals(signal.State, state.ToString(), StringComparison.OrdinalIgnoreCase), default).WaitAsync(DeviceRig.Patience);
        }
        bob.SetTyping(rig.Phone.PhoneNumber, typing: true);
        bob.SetRecording(rig.Phone.PhoneNumber);
        bob.SetTyping(rig.Phone.PhoneNumber, typing: false);
        await rig.Store.UntilAsync(store => store.Events.OfType<PresenceChanged>().Count() == 3);

        Assert.Equal([PresenceState.Composing, PresenceState.Recording, PresenceState.Paused], rig.Store.Events.OfType<PresenceChanged>().Select(change => change.State));
        Assert.All(rig.Store.Events.OfType<PresenceChanged>(), change => Assert.Equal((bob.Jid, bob.Jid), (change.Chat, change.Who)));
    }

    [Fact]
    public async Task Presence_is_shown_and_watched_also_after_a_reconnect()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        bob.WatchPresence(rig.Phone.PhoneNumber);
        await device.OnOwnerAsync(() => device.Device.CheckNumbersAsync([bob.Jid], default)); // from now on Bob is addressed by LID
        await device.OnOwnerAsync(() => device.Device.ShowPresenceAsync(true, default));
        await device.OnOwnerAsync(() => device.Device.WatchPresenceAsync(bob.Jid, default));
        await bob.WaitForSignalAsync(signal => signal.State == "available", default).WaitAsync(DeviceRig.Patience);
        bob.SetPresence(available: true);
        await rig.Store.UntilAsync(store => Last(store)?.State == PresenceState.Available);

        await device.OnOwnerAsync(() => device.Device.RestartAsync(default));
        await rig.Store.UntilAsync(store => store.Events.OfType<ConnectionOpened>().Count() == 2);
        await device.UntilAsync(DeviceStatus.Open);
        await bob.WaitForSignalAsync(_ => bob.Signals.Count(signal => signal.State == "available") == 2, default).WaitAsync(DeviceRig.Patience);
        bob.SetPresence(available: false);
        await rig.Store.UntilAsync(store => Last(store)?.State == PresenceState.Unavailable);

        Assert.Equal((bob.Jid, bob.Jid), (Last(rig.Store)!.Chat, Last(rig.Store)!.Who));
        Assert.NotNull(Last(rig.Store)!.LastSeen);
        await device.OnOwnerAsync(() => device.Device.ShowPresenceAsync(false, default));
        await bob.WaitForSignalAsync(_ => bob.Signals[^1].State == "unavailable", default).WaitAsync(DeviceRig.Patience);
    }

    [Fact]
    public async Task Without_a_connection_nothing_can_be_shown()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        bob.SendText(rig.Phone.PhoneNumber, "one");
        await rig.Store.UntilAsync(store => store.Events.OfType<MessageArrived>().Any());
        await MarkAsync(device, bob);
        await rig.StopNetworkAsync();
        await device.UntilAsync(DeviceStatus.Reconnecting);

        await Assert.ThrowsAsync<LinkClosedException>(() => MarkAsync(device, bob));
        await Assert.ThrowsAsync<LinkClosedException>(() => device.OnOwnerAsync(() => device.Device.ShowTypingAsync(bob.Jid, TypingState.Composing, default)));
        await Assert.ThrowsAsync<LinkClosedException>(() => device.OnOwnerAsync(() => device.Device.ShowPresenceAsync(true, default)));
        await Assert.ThrowsAsync<LinkClosedException>(() => device.OnOwnerAsync(() => device.Device.WatchPresenceAsync(bob.Jid, default)));
    }

    private static PresenceChanged? Last(InMemoryDeviceStore store) => store.Events.OfType<PresenceChanged>().LastOrDefault();

    private static Task<ReadMessages> MarkAsync(RunningDevice device, VirtualPhone author, params string[] ids) =>
        device.OnOwnerAsync(() => device.Device.MarkReadAsync(author.Jid, ids.Length == 0 ? null : ids, default));
}
