using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using ProtocolMessage = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage;

namespace WhatsApp.Protocol.Tests.Messaging.Groups;

/// <summary>Messages encrypted once for all, as the server brings them: groups, status, lists.</summary>
public sealed class SharedChatTests : IAsyncLifetime
{
    private static readonly Jid Group = Jid.Parse("120363000000000001@g.us");
    private readonly RelayNetwork _network = new();
    private RelayDevice _ana = null!, _bob = null!;

    public async ValueTask InitializeAsync()
    {
        _ana = await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1);
        _bob = await _network.AddAccount("5511900000002", "102").AddDeviceAsync(3);
    }

    public ValueTask DisposeAsync()
    {
        Assert.Null(_ana.PumpFailure);
        return ValueTask.CompletedTask;
    }

    [Theory]
    [InlineData("120363000000000001@g.us")]
    [InlineData("status@broadcast")]
    [InlineData("1700000000@broadcast")]
    public async Task A_key_and_messages_under_it_are_taken_in_one_batch_and_each_is_told_once(string where)
    {
        var bob = new SharedSender(_bob, _ana, Jid.Parse(where));
        var (first, second) = (await bob.TextAsync("A", "one", withKey: true), await bob.TextAsync("B", "two"));

        _ana.DeliverBatch([first, second, second, first]);
        await _ana.UntilAsync(device => device.Texts.Count == 2);

        Assert.Equal(["one", "two"], _ana.Texts);
        Assert.All(_ana.Arrived, message => Assert.Equal((where, "102@lid"), (message.Chat.ToString(), message.Participant.ToString())));
        var receipts = _ana.Sent.Where(node => node.Tag == "receipt").ToList();
        Assert.Equal(4, receipts.Count);
        Assert.All(receipts, receipt => Assert.Equal((where, _bob.Lid.ToString(), null), (receipt["to"], receipt["participant"], receipt["type"])));
    }

    [Fact]
    public async Task A_message_older_than_the_key_is_asked_for_with_its_reason()
    {
        var bob = new SharedSender(_bob, _ana, Group);
        var (old, now) = (await bob.TextAsync("A", "before"), await bob.TextAsync("B", "after", withKey: true));

        _ana.DeliverBatch([now, old]);
        await _ana.EventAsync<MessageUndecryptable>();

        Assert.Equal(["after"], _ana.Texts);
        var retry = _ana.Sent.Single(node => node["type"] == "retry");
        Assert.Equal(("A", "9"), (retry["id"], retry.Child("retry")!["error"]));
    }

    [Fact]
    public async Task A_key_for_another_group_and_a_key_in_a_private_message_are_not_taken()
    {
        var bob = new SharedSender(_bob, _ana, Group);
        var text = new Message { Conversation = "oi" };
        _ana.Deliver(await bob.StanzaAsync("A", text, bob.Distribution("120363000000000002@g.us")));
        await RawSend.SendAsync(_bob, _ana, bob.Distribution());
        _ana.Deliver(await bob.TextAsync("B", "oi"));
        await _ana.UntilAsync(device => device.Store.Events.OfType<MessageUndecryptable>().Count() == 2);

        Assert.Empty(_ana.Texts);
        Assert.Empty(_ana.Store.SenderKeys);
    }

    [Fact]
    public async Task A_sender_whose_lid_is_learned_keeps_his_key_in_every_group()
    {
        _network.TellsPairs = false;
        var other = Jid.Parse("120363000000000002@g.us");
        var (here, there) = (new SharedSender(_bob, _ana, Group) { Participant = _bob.Phone }, new SharedSender(_bob, _ana, other) { Participant = _bob.Phone });
        _ana.Deliver(await here.TextAsync("A", "here", withKey: true));
        _ana.Deliver(await there.TextAsync("B", "there", withKey: true));
        await _ana.UntilAsync(device => device.Texts.Count == 2);
        Assert.All(_ana.Store.SenderKeys.Keys, name => Assert.Equal(SignalAddress.Of(_bob.Phone), name.Sender));

        _ana.Deliver((await here.TextAsync("C", "tells its lid")).With(("participant_lid", _bob.Lid.ToString())));
        there.Participant = _bob.Lid;
        _ana.Deliver(await there.TextAsync("D", "by lid"));
        await _ana.UntilAsync(device => device.Texts.Count == 4);

        Assert.Equal(["here", "there", "tells its lid", "by lid"], _ana.Texts);
        Assert.Equal(new[] { new SenderKeyName(Group, SignalAddress.Of(_bob.Lid)), new SenderKeyName(other, SignalAddress.Of(_bob.Lid)) }, _ana.Store.SenderKeys.Keys.OrderBy(name => name.Group.User));
        Assert.DoesNotContain(_ana.Sent, node => node["type"] == "retry");
    }

    [Fact]
    public async Task A_message_that_an_admin_deletes_is_told_with_its_author_and_text()
    {
        var carol = await _network.AddAccount("5511900000003", "103").AddDeviceAsync(0);
        var (author, admin) = (new SharedSender(_bob, _ana, Group), new SharedSender(carol, _ana, Group));
        _ana.Deliver(await author.TextAsync("A", "spam", withKey: true));
        var revoke = new Message { ProtocolMessage = new ProtocolMessage { Type = ProtocolMessage.Types.Type.Revoke, Key = new() { RemoteJid = Group.ToString(), FromMe = false, Id = "A", Participant = "102@lid" } } };
        _ana.Deliver(await admin.StanzaAsync("B", revoke, admin.Distribution(), ("edit", "8")));
        await _ana.UntilAsync(device => device.Arrived.Count == 2);

        var deleted = _ana.Arrived[^1];
        Assert.Equal(("revoked", "A", "spam"), (deleted.Type, deleted.Target!.MessageId, deleted.Target.PreviousText));
        Assert.Equal((carol.Account.Lid, _bob.Account.Lid), (deleted.From, deleted.Target.Participant));
    }

    [Fact]
    public async Task A_member_who_is_no_admin_deletes_nobody_elses_message()
    {
        var carol = await _network.AddAccount("5511900000003", "103").AddDeviceAsync(0);
        var (author, member) = (new SharedSender(_bob, _ana, Group), new SharedSender(carol, _ana, Group));
        _ana.Deliver(await author.TextAsync("A", "fine", withKey: true));
        var revoke = new Message { ProtocolMessage = new ProtocolMessage { Type = ProtocolMessage.Types.Type.Revoke, Key = new() { RemoteJid = Group.ToString(), FromMe = false, Id = "A", Participant = "102@lid" } } };
        _ana.Deliver(await member.StanzaAsync("B", revoke, member.Distribution()));
        await _ana.UntilAsync(device => device.Arrived.Count == 2);

        Assert.Equal(("unsupported", null), (_ana.Arrived[^1].Type, _ana.Arrived[^1].Target));
    }

    [Fact]
    public async Task Receipts_of_many_members_at_once_are_told_for_each()
    {
        var key = new Store.MessageKey(Group, _ana.Account.Lid, "OWN1");
        await _ana.RunStepAsync((step, _) =>
        {
            step.Batch.Messages[key] = new StoredMessage(key, true, MessageStatus.ServerAck, 1_700_000_000, "text") { Content = [10, 2, 111, 105], FromApi = true, To = Group };
            return ValueTask.FromResult(true);
        }, default);
        Node User(string jid) => new("user", ("jid", jid), ("t", "1700000005"));
        var receipt = new Node("receipt", [("from", Group.ToString()), ("id", "R1"), ("type", "read"), ("t", "1700000004")],
            [new Node("participants", [("key", "OWN1")], [User("102@lid"), User("103@lid"), User("102@lid"), User("101@lid")])]);

        _ana.DeliverBatch([receipt, receipt]);
        await _ana.UntilAsync(device => device.Store.Messages[key].Status == MessageStatus.Read);

        var acks = _ana.Store.Events.OfType<MessageAcked>().ToList();
        Assert.Equal(["102@lid", "103@lid"], acks.Select(ack => ack.Participant.ToString()));
        Assert.All(acks, ack => Assert.Equal((MessageStatus.Read, 1_700_000_005L), (ack.Status, ack.At)));
        Assert.Equal(2, _ana.Sent.Count(node => node.Tag == "ack" && node["class"] == "receipt"));
    }
}
