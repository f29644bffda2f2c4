using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    private static StoredMessage Message(string id, MessageStatus status = MessageStatus.Pending, bool fromMe = true, long createdAt = 1) =>
        new(new MessageKey(Phone, fromMe ? Lid : Phone, id), fromMe, status, 1763825399, "text") { Content = [10, 20, 30], CreatedAt = createdAt };

    private static void Put(DeviceBatch device, StoredMessage message) => device.Messages[message.Key] = message;

    private async Task<StoredMessage> StateAfterAsync(params StoredMessage[] writes)
    {
        var id = Guid.NewGuid().ToString("N");
        var epoch = await CreateAndClaimAsync(id);
        foreach (var write in writes)
            await Sessions.CommitAsync(id, epoch, Batch(device => Put(device, write)), None);
        return Assert.Single(await Sessions.LoadMessagesAsync(id, [writes[0].Key], None)).Value;
    }

    [Fact]
    public async Task A_message_comes_back_as_it_was()
    {
        var epoch = await CreateAndClaimAsync();
        var message = Message("A1", MessageStatus.Failed) with
        {
            Secret = [.. Enumerable.Repeat((byte)4, 32)],
            ClientRef = "order-991",
            Retries = 2,
            To = Lid.WithDevice(7),
            Failure = "reachout-timelock",
            FromApi = true,
            DueAt = 1763829000000,
            Priority = 2,
        };
        await Sessions.CommitAsync(Ana, epoch, Batch(device => Put(device, message)), None);

        var loaded = (await Sessions.LoadMessagesAsync(Ana, [message.Key, message.Key with { Id = "none" }], None)).Single().Value;

        Assert.Equal(message with { Content = null, Secret = null }, loaded with { Content = null, Secret = null });
        Assert.Equal(message.Content, loaded.Content);
        Assert.Equal(message.Secret, loaded.Secret);
    }

    [Fact]
    public async Task Pending_messages_are_ours_unacknowledged_and_oldest_first()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            Put(device, Message("late", MessageStatus.Queued, createdAt: 30));
            Put(device, Message("early", createdAt: 10));
            Put(device, Message("middle", createdAt: 20));
            Put(device, Message("acked", MessageStatus.ServerAck, createdAt: 5));
            Put(device, Message("theirs", MessageStatus.Received, fromMe: false, createdAt: 1));
        }), None);

        Assert.Equal(["early", "middle", "late"], (await Sessions.LoadPendingAsync(Ana, Now, 10, None)).Select(message => message.Key.Id));
        Assert.Equal(["early", "middle"], (await Sessions.LoadPendingAsync(Ana, Now, 2, None)).Select(message => message.Key.Id));
    }

    [Fact]
    public async Task Outgoing_messages_are_found_by_id_in_any_chat()
    {
        var epoch = await CreateAndClaimAsync();
        var group = Message("A1") with { Key = new(new Jid("120363", Jid.GroupServer), Lid, "A1") };
        await Sessions.CommitAsync(Ana, epoch, Batch(device => { Put(device, Message("A1")); Put(device, group); Put(device, Message("A1", MessageStatus.Received, fromMe: false)); }), None);

        var found = await Sessions.LoadOutgoingAsync(Ana, ["A1", "none"], None);

        Assert.Equal(2, found.Count);
        Assert.All(found, message => Assert.True(message.FromMe));
    }

    [Theory]
    [InlineData(MessageStatus.Queued, MessageStatus.Pending, MessageStatus.Pending)]
    [InlineData(MessageStatus.Pending, MessageStatus.Read, MessageStatus.Read)]
    [InlineData(MessageStatus.Read, MessageStatus.Delivered, MessageStatus.Read)]
    [InlineData(MessageStatus.ServerAck, MessageStatus.Pending, MessageStatus.ServerAck)]
    [InlineData(MessageStatus.Pending, MessageStatus.Failed, MessageStatus.Failed)]
    [InlineData(MessageStatus.ServerAck, MessageStatus.Failed, MessageStatus.ServerAck)]
    [InlineData(MessageStatus.Failed, MessageStatus.ServerAck, MessageStatus.Failed)]
    [InlineData(MessageStatus.Undecryptable, MessageStatus.Received, MessageStatus.Received)]
    [InlineData(MessageStatus.Received, MessageStatus.Undecryptable, MessageStatus.Received)]
    [InlineData(MessageStatus.Undecryptable, MessageStatus.ServerAck, MessageStatus.ServerAck)]
    public async Task States_only_move_forward(MessageStatus first, MessageStatus second, MessageStatus end) =>
        Assert.Equal(end, (await StateAfterAsync(Message("A1", first), Message("A1", second))).Status);

    [Fact]
    public async Task The_reason_of_a_failure_stays_with_the_failure()
    {
        var failed = Message("A1", MessageStatus.Failed) with { Failure = "whatsapp-error" };

        Assert.Equal("whatsapp-error", (await StateAfterAsync(Message("A1"), failed, Message("A1", MessageStatus.Delivered))).Failure);
        Assert.Null((await StateAfterAsync(Message("A1", MessageStatus.Delivered), failed)).Failure);
    }

    [Fact]
    public async Task A_row_without_content_does_not_wipe_the_content()
    {
        var stored = await StateAfterAsync(Message("A1"), Message("A1", MessageStatus.Delivered) with { Content = null });

        Assert.Equal(MessageStatus.Delivered, stored.Status);
        Assert.Equal([10, 20, 30], stored.Content);
    }

    [Fact]
    public async Task A_message_of_an_odd_address_does_not_spoil_its_neighbours()
    {
        var epoch = await CreateAndClaimAsync();
        var odd = Message("odd", createdAt: 1) with { Key = new(new Jid("a:b", Jid.LidServer), default, "odd") };
        await Sessions.CommitAsync(Ana, epoch, Batch(device => { Put(device, odd); Put(device, Message("A1", createdAt: 2)); }), None);

        Assert.Equal(["odd", "A1"], (await Sessions.LoadPendingAsync(Ana, Now, 10, None)).Select(message => message.Key.Id));
    }

    [Theory]
    [InlineData("with\0nul")]
    [InlineData("half a pair \ud83d")]
    [InlineData("half another \ude00 pair")]
    [InlineData("\ud83d\ude00 a whole pair")]
    public async Task Text_of_strangers_never_stops_a_commit(string text)
    {
        var epoch = await CreateAndClaimAsync();
        var message = Message("A1", MessageStatus.Received, fromMe: false) with { Key = new(Phone, Phone, text), ClientRef = text, Failure = text };
        await Sessions.CommitAsync(Ana, epoch, Batch(device => Put(device, message), status: new("open", null, null, text, null, null, null)), None);

        Assert.Equal([10, 20, 30], (await Sessions.LoadMessagesAsync(Ana, [message.Key], None))[message.Key].Content);
        Assert.Single(await Sessions.LoadReceivedAsync(Ana, [text], None));
        Assert.Single(await Sessions.FindMessagesAsync(Ana, text, None));
        Assert.Single((await Instances.ListAsync(Query(text: text), None)).Items);
    }

    [Fact]
    public async Task A_very_long_message_id_never_stops_a_commit()
    {
        var epoch = await CreateAndClaimAsync();
        var message = Message("A1") with { Key = new(Phone, Lid, string.Concat(Enumerable.Range(0, 2000).Select(i => i.ToString("D4", System.Globalization.CultureInfo.InvariantCulture)))) };
        await Sessions.CommitAsync(Ana, epoch, Batch(device => Put(device, message)), None);

        Assert.Single(await Sessions.LoadMessagesAsync(Ana, [message.Key], None));
        Assert.Single(await Sessions.LoadOutgoingAsync(Ana, [message.Key.Id], None));
    }
}
