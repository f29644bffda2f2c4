using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>Messages that wait for their file: durable, silent until released, the same id for every owner.</summary>
public sealed class HeldMessageTests
{
    private static readonly OutgoingMedia File = new(new MediaDescriptor(MediaType.Document)
    {
        DirectPath = "/v/x",
        Url = "https://mmg.whatsapp.net/v/x",
        MediaKey = new byte[32],
        FileSha256 = new byte[32],
        FileEncSha256 = new byte[32],
        FileLength = 1,
        Mimetype = "text/plain",
    });

    private static readonly OutgoingMedia Held = new(new MediaDescriptor(MediaType.Document) { Mimetype = "text/plain" }) { Recipe = "how to", Caption = "see below", FileName = "a.txt" };

    [Fact]
    public async Task A_held_message_leaves_when_it_is_released_and_not_before()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();

        var id = await device.OnOwnerAsync(() => device.Device.QueueAsync(new OutgoingMessage(bob.Jid, Held), default));
        await device.OnOwnerAsync(() => device.Device.SendAsync(new OutgoingMessage(bob.Jid, new OutgoingText("after it")), default));
        Assert.Equal("how to", await RecipeAsync(rig.Store, id));
        Assert.DoesNotContain(bob.Messages, message => message.MessageId == id);

        var sent = await device.OnOwnerAsync(() => device.Device.ReleaseAsync(id, File, default));
        Assert.Equal(id, sent!.MessageId);
        var seen = await bob.WaitForMessageAsync(message => message.MessageId == id, default).WaitAsync(DeviceRig.Patience);
        Assert.Equal(("see below", "a.txt", "/v/x"), (seen.Text, seen.Media!.FileName, seen.Media.DirectPath));

        // Once more says the same and sends nothing.
        Assert.Equal(id, (await device.OnOwnerAsync(() => device.Device.ReleaseAsync(id, File, default)))!.MessageId);
        await device.OnOwnerAsync(() => device.Device.AbandonAsync(id, new SendFailedException("internal", "too late"), default));
        Assert.Single(bob.Messages, message => message.MessageId == id);
        Assert.DoesNotContain(rig.Store.Events, told => told is MessageFailed);
    }

    [Fact]
    public async Task The_next_owner_finds_it_and_sends_it_under_the_same_id()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var first = await rig.StartLinkedAsync();
        var id = await first.OnOwnerAsync(() => first.Device.QueueAsync(new OutgoingMessage(bob.Jid, Held), default));
        first.Kill();
        await first.Run.ContinueWith(_ => { }, TaskScheduler.Default);

        var second = rig.Start();
        await second.UntilAsync(DeviceStatus.Open);
        Assert.Equal("how to", await RecipeAsync(rig.Store, id));
        await second.OnOwnerAsync(() => second.Device.ReleaseAsync(id, File, default));

        await bob.WaitForMessageAsync(message => message.MessageId == id, default).WaitAsync(DeviceRig.Patience);
        Assert.Null(await RecipeAsync(rig.Store, id));
    }

    [Fact]
    public async Task An_abandoned_message_fails_with_its_reason_and_an_unknown_one_is_told()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        var id = await device.OnOwnerAsync(() => device.Device.QueueAsync(new OutgoingMessage(bob.Jid, Held), default));

        await device.OnOwnerAsync(() => device.Device.AbandonAsync(id, new SendFailedException("unsupported-media-type", "broken"), default));

        await rig.Store.UntilAsync(store => store.Events.OfType<MessageFailed>().Any(failed => failed.MessageId == id && failed.Code == "unsupported-media-type"));
        Assert.Equal("unsupported-media-type", (await Assert.ThrowsAsync<SendFailedException>(() => device.OnOwnerAsync(() => device.Device.ReleaseAsync(id, File, default)))).Code);
        Assert.Equal("message-not-found", (await Assert.ThrowsAsync<SendFailedException>(() => device.OnOwnerAsync(() => device.Device.ReleaseAsync("3EB0", File, default)))).Code);
        Assert.Empty(bob.Messages);
    }

    [Fact]
    public async Task A_held_message_cannot_be_quoted_or_forwarded()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        var id = await device.OnOwnerAsync(() => device.Device.QueueAsync(new OutgoingMessage(bob.Jid, Held), default));

        foreach (var message in new[] { new OutgoingMessage(bob.Jid, new OutgoingForward(new MessageReference(id))), new OutgoingMessage(bob.Jid, new OutgoingText("x")) { Quoted = new MessageReference(id) } })
            Assert.Equal("message-not-found", (await Assert.ThrowsAsync<SendFailedException>(() => device.OnOwnerAsync(() => device.Device.SendAsync(message, default)))).Code);
    }

    [Fact]
    public async Task One_for_later_waits_for_its_time_after_its_release()
    {
        await using var rig = await DeviceRig.StartAsync();
        var bob = rig.Network.AddPhone("5511900000002", "Bob");
        var device = await rig.StartLinkedAsync();
        var due = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(2);
        var id = await device.OnOwnerAsync(() => device.Device.QueueAsync(new OutgoingMessage(bob.Jid, Held) { NotBefore = due }, default));

        await device.OnOwnerAsync(() => device.Device.ReleaseAsync(id, File, default));

        var seen = await bob.WaitForMessageAsync(message => message.MessageId == id, default).WaitAsync(DeviceRig.Patience);
        Assert.True(TimeProvider.System.GetUtcNow() >= due);
        Assert.Equal("/v/x", seen.Media!.DirectPath);
    }

    private static async Task<string?> RecipeAsync(InMemoryDeviceStore store, string id) =>
        (await store.LoadPendingAsync(long.MaxValue, 500, default)).Where(row => row.Key.Id == id).Select(IHeldMessages.RecipeOf).FirstOrDefault();
}
