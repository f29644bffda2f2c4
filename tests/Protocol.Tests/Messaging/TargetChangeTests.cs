using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;
using MessageKey = WhatsApp.Protocol.Schema.MessageKey;
using ProtocolType = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage.Types.Type;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class TargetChangeTests
{
    private sealed record Talk(RelayDevice Phone, RelayDevice Ana, RelayDevice Bob);

    private static async Task<Talk> StartAsync()
    {
        var network = new RelayNetwork();
        var anas = network.AddAccount("5511900000001", "101");
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_700_000_060)); // a minute after what the relay says: edits are allowed
        return new Talk(await anas.AddDeviceAsync(0, time), await anas.AddDeviceAsync(1, time), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0, time));
    }

    private static StoredMessage Row(RelayDevice device, string id) => device.Store.Messages.Values.Single(row => row.Key.Id == id);
    private static Message Content(RelayDevice device, string id) => Message.Parser.ParseFrom(Row(device, id).Content);
    private static string TextOf(Message message) => message.HasConversation ? message.Conversation : message.ExtendedTextMessage.Text;

    private static Task<SentMessage> DoAsync(RelayDevice device, OutgoingContent content, WhatsApp.Protocol.Binary.Jid? to = null) =>
        device.Feature.SendAsync(new OutgoingMessage(to, content), CancellationToken.None);

    [Fact]
    public async Task An_edit_of_our_own_message_changes_what_we_have_stored()
    {
        var (phone, ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "helo");
        await DoAsync(ana, new OutgoingEdit(new MessageReference(sent.MessageId), "hello"));
        await phone.UntilAsync(device => device.Arrived.Any(message => message.Type == "edited"));
        await bob.UntilAsync(device => device.Arrived.Any(message => message.Type == "edited"));

        foreach (var device in new[] { phone, ana, bob })
        {
            Assert.Equal("hello", TextOf(Content(device, sent.MessageId)));
            var told = device.Arrived.Single(message => message.Type == "edited");
            Assert.Equal(("hello", "helo", sent.MessageId), (told.Text, told.Target!.PreviousText, told.Target.MessageId));
        }
        Assert.NotNull(Row(ana, sent.MessageId).Secret);
        Assert.Equal(Row(ana, sent.MessageId).Secret, Content(ana, sent.MessageId).MessageContextInfo.MessageSecret.ToByteArray());
        Assert.True(Row(ana, sent.MessageId).Status >= MessageStatus.ServerAck);
    }

    [Fact]
    public async Task A_forward_and_a_quote_of_an_edited_message_show_the_new_text()
    {
        var (_, ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "helo");
        await DoAsync(ana, new OutgoingEdit(new MessageReference(sent.MessageId), "hello"));
        await DoAsync(ana, new OutgoingForward(new MessageReference(sent.MessageId)), bob.Account.Phone);
        await ana.Feature.SendAsync(new OutgoingMessage(bob.Account.Phone, new OutgoingText("see")) { Quoted = new MessageReference(sent.MessageId) }, CancellationToken.None);
        await bob.UntilAsync(device => device.Arrived.Count == 4);

        Assert.Equal(("hello", 1), (bob.Arrived[2].Text, bob.Arrived[2].ForwardScore));
        Assert.Equal("hello", bob.Arrived[3].Quoted!.Text);
    }

    [Fact]
    public async Task A_deleted_message_is_gone_here_and_there_and_the_event_says_what_it_was()
    {
        var (phone, ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "secret plan");
        await DoAsync(ana, new OutgoingRevoke(new MessageReference(sent.MessageId)));
        await phone.UntilAsync(device => device.Arrived.Any(message => message.Type == "revoked"));
        await bob.UntilAsync(device => device.Arrived.Any(message => message.Type == "revoked"));

        foreach (var device in new[] { phone, ana, bob })
        {
            Assert.Equal((MessageStatus.Deleted, null, null), (Row(device, sent.MessageId).Status, Row(device, sent.MessageId).Content, Row(device, sent.MessageId).Secret));
            var previous = device.Arrived.Single(message => message.Type == "revoked").Target!.Previous!;
            Assert.Equal(("secret plan", sent.MessageId, "text", device != bob), (previous.Text, previous.MessageId, previous.Type, previous.FromMe));
            Assert.Equal((ana.Account.Phone, bob.Account.Phone), (previous.From, device == bob ? previous.To : previous.Chat));
        }
        foreach (var content in new OutgoingContent[] { new OutgoingForward(new(sent.MessageId)), new OutgoingReaction(new(sent.MessageId), "x"), new OutgoingEdit(new(sent.MessageId), "x"), new OutgoingRevoke(new(sent.MessageId)) })
            Assert.Equal("message-not-found", (await Assert.ThrowsAsync<SendFailedException>(() => DoAsync(ana, content, bob.Account.Phone))).Code);
    }

    [Fact]
    public async Task A_receipt_after_a_deletion_brings_nothing_back_and_a_resend_is_refused()
    {
        var (_, ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "oi");
        await DoAsync(ana, new OutgoingRevoke(new MessageReference(sent.MessageId)));
        var acks = ana.Sent.Count(node => node.Tag == "ack");
        ana.Deliver(new WhatsApp.Protocol.Binary.Node("receipt", ("id", sent.MessageId), ("from", bob.Account.Lid.ToString()), ("type", "read"), ("t", "1700000002")));
        ana.Deliver(new WhatsApp.Protocol.Binary.Node("receipt", [("id", sent.MessageId), ("from", bob.Account.Lid.ToString()), ("type", "retry"), ("t", "1700000002")],
            [new WhatsApp.Protocol.Binary.Node("retry", ("v", "1"), ("count", "1"), ("id", sent.MessageId), ("t", "1700000002"))]));
        await ana.UntilAsync(device => device.Sent.Count(node => node.Tag == "ack") >= acks + 2);

        Assert.Equal((MessageStatus.Deleted, null), (Row(ana, sent.MessageId).Status, Row(ana, sent.MessageId).Content));
        Assert.DoesNotContain(ana.Sent, node => node.Tag == "message" && node["id"] == sent.MessageId && node["device_fanout"] is not null);
    }

    [Fact]
    public async Task What_our_phone_edits_and_deletes_changes_what_this_device_sent()
    {
        var (phone, ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "from the api");
        await phone.UntilAsync(device => device.Arrived.Count == 1);
        await DoAsync(phone, new OutgoingEdit(new MessageReference(sent.MessageId), "from the phone"));
        await ana.UntilAsync(device => device.Arrived.Any(message => message.Type == "edited"));
        Assert.Equal("from the phone", TextOf(Content(ana, sent.MessageId)));
        await DoAsync(phone, new OutgoingRevoke(new MessageReference(sent.MessageId)));
        await ana.UntilAsync(device => device.Arrived.Any(message => message.Type == "revoked"));

        Assert.Equal(MessageStatus.Deleted, Row(ana, sent.MessageId).Status);
        Assert.Equal(("from the phone", "api"), (ana.Arrived.Single(message => message.Type == "revoked").Target!.Previous!.Text, ana.Arrived.Single(message => message.Type == "revoked").Target!.Previous!.Source));
    }

    [Fact]
    public async Task Nobody_deletes_or_edits_our_messages_from_outside()
    {
        var (_, ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "mine");
        foreach (var (type, fromMe) in new[] { (ProtocolType.Revoke, true), (ProtocolType.Revoke, false), (ProtocolType.MessageEdit, true), (ProtocolType.MessageEdit, false) })
            await RawSend.SendAsync(bob, ana, new Message
            {
                ProtocolMessage = new() { Type = type, Key = new MessageKey { Id = sent.MessageId, FromMe = fromMe, RemoteJid = ana.Account.Lid.ToString() }, EditedMessage = new Message { Conversation = "his" } },
            });
        await ana.UntilAsync(device => device.Arrived.Count(message => !message.FromMe) == 4);

        Assert.Equal("mine", TextOf(Content(ana, sent.MessageId)));
        Assert.NotEqual(MessageStatus.Deleted, Row(ana, sent.MessageId).Status);
    }

    [Fact]
    public async Task A_pin_is_told_with_what_it_is_about_and_so_is_its_end()
    {
        var (phone, ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "read this");
        await DoAsync(ana, new OutgoingPin(new MessageReference(sent.MessageId), TimeSpan.FromDays(7)));
        await DoAsync(ana, new OutgoingPin(new MessageReference(sent.MessageId), TimeSpan.Zero));
        foreach (var device in new[] { phone, ana, bob })
        {
            await device.UntilAsync(one => one.Arrived.Count(message => message.Type == "pin") == 2);
            var pins = device.Arrived.Where(message => message.Type == "pin").Select(message => message.Target!).ToList();
            Assert.Equal([true, false], pins.Select(pin => pin.Value));
            Assert.All(pins, pin => Assert.Equal((sent.MessageId, device != bob), (pin.MessageId, pin.FromMe)));
        }
        Assert.Equal(["2", "2"], ana.Sent.Where(node => node.Tag == "message" && node["edit"] is not null).Select(node => node["edit"]));
        Assert.Equal("validation-failed", (await Assert.ThrowsAsync<SendFailedException>(() => DoAsync(ana, new OutgoingPin(new MessageReference(sent.MessageId), TimeSpan.FromHours(1))))).Code);
    }

    [Fact]
    public async Task Keeping_a_disappearing_message_is_told()
    {
        var (_, ana, bob) = await StartAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "oi");
        var key = new MessageKey { Id = sent.MessageId, FromMe = false, RemoteJid = ana.Account.Lid.ToString() };
        await RawSend.SendAsync(bob, ana, new Message { KeepInChatMessage = new() { Key = key, KeepType = KeepType.KeepForAll } });
        await RawSend.SendAsync(bob, ana, new Message { KeepInChatMessage = new() { Key = key, KeepType = KeepType.UndoKeepForAll } });
        await ana.UntilAsync(device => device.Arrived.Count(message => message.Type == "keep") == 2);

        Assert.Equal([(sent.MessageId, true), (sent.MessageId, false)], ana.Arrived.Where(message => message.Type == "keep").Select(message => (message.Target!.MessageId, message.Target.Value!.Value)));
    }

    [Fact]
    public async Task A_changed_timer_is_told_and_used_by_what_we_send_next()
    {
        var (_, ana, bob) = await StartAsync();
        await RawSend.SendAsync(bob, ana, new Message { ProtocolMessage = new() { Type = ProtocolType.EphemeralSetting, EphemeralExpiration = 604800, EphemeralSettingTimestamp = 1_700_000_000_000 } });
        var told = await ana.EventAsync<ChatTimerChanged>();
        Assert.Equal((bob.Account.Phone, 604800, bob.Account.Phone, false), (told.Chat, told.Seconds, told.By, told.FromMe));
        await ana.SendAsync(bob.Account.Phone, "soon gone");
        await bob.UntilAsync(device => device.Arrived.Count == 1);
        Assert.Equal(604800, bob.Arrived[0].EphemeralExpiration);
        Assert.Equal(1_700_000_000, bob.Store.ChatTimers.Values.Single().SetAt); // learned from the message itself

        await RawSend.SendAsync(bob, ana, new Message { ProtocolMessage = new() { Type = ProtocolType.EphemeralSetting, EphemeralExpiration = 0, EphemeralSettingTimestamp = 1_700_000_001 } });
        await ana.UntilAsync(device => device.Store.Events.OfType<ChatTimerChanged>().Count() == 2);
        await ana.SendAsync(bob.Account.Phone, "stays");
        await bob.UntilAsync(device => device.Arrived.Count == 2);
        Assert.Equal(0, bob.Arrived[1].EphemeralExpiration);
        Assert.DoesNotContain(ana.Arrived, message => message.Type == "unsupported");
    }
}
