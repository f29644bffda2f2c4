using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    private static StoredMessage Received(Jid chat, string id, long at, MessageStatus status = MessageStatus.Received) =>
        new(new MessageKey(chat, Phone, id), false, status, at, "text") { Content = [1], CreatedAt = at };

    [Fact]
    public async Task Unread_messages_are_those_of_others_not_marked_among_the_newest_of_each_chat()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            Put(device, Received(Phone, "old", 1));
            Put(device, Received(Lid, "late", 40));
            Put(device, Received(Phone, "early", 20));
            Put(device, Received(Phone, "read", 30, MessageStatus.Read));
            Put(device, Received(Phone, "waiting", 35, MessageStatus.Undecryptable));
            Put(device, Received(Phone, "heart", 21) with { Type = "reaction" });
            Put(device, Received(new Jid("9", Jid.GroupServer), "elsewhere", 50));
            Put(device, Message("ours", MessageStatus.ServerAck) with { Timestamp = 36 });
        }), None);

        Assert.Equal(["early", "late"], (await Sessions.LoadUnreadAsync(Ana, [Phone, Lid], 5, None)).Select(message => message.Key.Id));
        Assert.Equal(["old", "early", "late"], (await Sessions.LoadUnreadAsync(Ana, [Phone, Lid], 100, None)).Select(message => message.Key.Id));
        Assert.Empty(await Sessions.LoadUnreadAsync(Bia, [Phone], 100, None));

        await Sessions.CommitAsync(Ana, epoch, Batch(device => Put(device, Received(Lid, "late", 40, MessageStatus.Read))), None);
        Assert.Equal(["early"], (await Sessions.LoadUnreadAsync(Ana, [Phone, Lid], 5, None)).Select(message => message.Key.Id));
        // A late copy of the same message does not make it unread again.
        await Sessions.CommitAsync(Ana, epoch, Batch(device => Put(device, Received(Lid, "late", 40))), None);
        Assert.Equal(["early"], (await Sessions.LoadUnreadAsync(Ana, [Phone, Lid], 5, None)).Select(message => message.Key.Id));
    }

    [Fact]
    public async Task What_changes_another_message_or_the_chat_has_nothing_to_read()
    {
        var epoch = await CreateAndClaimAsync();
        string[] types = ["text", "poll", "reaction", "edited", "revoked", "protocol", "poll_vote", "poll_option_added", "event_response", "pin", "keep", "ephemeral_setting"];
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            foreach (var (at, type) in types.Index())
                Put(device, Received(Phone, type, at + 1) with { Type = type });
        }), None);

        Assert.Equal(["text", "poll"], (await Sessions.LoadUnreadAsync(Ana, [Phone], 100, None)).Select(message => message.Type));
    }

    [Fact]
    public async Task Messages_of_others_are_found_by_id_in_any_chat()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            Put(device, Received(Phone, "A", 1));
            Put(device, Received(Lid, "A", 2));
            Put(device, Message("A"));
            Put(device, Received(Lid, "B", 3));
        }), None);

        Assert.Equal([1L, 2L], (await Sessions.LoadReceivedAsync(Ana, ["A", "A", "none"], None)).Select(message => message.Timestamp).Order());
    }
}
