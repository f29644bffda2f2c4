using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class ConversationTests
{
    [Fact]
    public async Task Two_people_talk_and_every_text_arrives_once_and_in_order()
    {
        var network = new RelayNetwork();
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        for (var i = 0; i < 10; i++)
        {
            await ana.SendAsync(bob.Account.Phone, $"a{i}");
            await bob.UntilAsync(device => device.Texts.Contains($"a{i}"));
            await bob.SendAsync(ana.Account.Phone, $"b{i}");
            await ana.UntilAsync(device => device.Texts.Contains($"b{i}"));
        }
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"a{i}"), bob.Texts);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"b{i}"), ana.Texts);
        Assert.Null(ana.PumpFailure ?? bob.PumpFailure);
    }

    [Fact]
    public async Task A_sent_text_is_addressed_to_the_lid_and_names_the_phone_number()
    {
        var network = new RelayNetwork();
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        var sent = await ana.SendAsync(bob.Account.Phone, "oi");
        var stanza = Assert.Single(ana.Sent, node => node.Tag == "message");
        Assert.Equal(bob.Account.Lid.ToString(), stanza["to"]);
        Assert.Equal(bob.Account.Phone.ToString(), stanza["peer_recipient_pn"]);
        Assert.NotNull(stanza.Child("device-identity"));
        Assert.StartsWith("3EB0", sent.MessageId, StringComparison.Ordinal);
        Assert.Equal(22, sent.MessageId.Length);
        Assert.Equal((bob.Account.Phone, MessageStatus.ServerAck, 1700000000L), (sent.To, sent.Status, sent.Timestamp));
    }

    [Fact]
    public async Task The_event_of_a_received_text_carries_both_addresses_and_the_name()
    {
        var network = new RelayNetwork();
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        await ana.SendAsync(bob.Account.Phone, "oi");
        var message = (await bob.EventAsync<MessageArrived>()).Message;
        Assert.Equal((ana.Account.Phone, ana.Account.Phone, false, "app", "text", "oi"), (message.Chat, message.From, message.FromMe, message.Source, message.Type, message.Text));
        Assert.Equal((ana.Account.Phone, ana.Account.Lid), (message.FromPhone!.Value, message.FromLid!.Value));
        Assert.Equal((bob.Account.Phone, "N5511900000001", 1700000000L), (message.To!.Value, message.PushName, message.Timestamp));
    }

    [Fact]
    public async Task Sending_tells_message_sent_and_the_ack_once()
    {
        var network = new RelayNetwork();
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        var sent = await ana.Feature.SendAsync(new OutgoingMessage(bob.Account.Phone, new OutgoingText("oi")) { ClientRef = "order-1" }, CancellationToken.None);
        await ana.UntilAsync(device => device.Store.Messages.Values.Any(row => row.Status == MessageStatus.Delivered));
        await ana.IdleAsync();
        var own = Assert.Single(ana.Arrived);
        Assert.Equal((sent.MessageId, true, "api", "oi", "order-1"), (own.MessageId, own.FromMe, own.Source, own.Text, own.ClientRef));
        Assert.Equal([MessageStatus.ServerAck, MessageStatus.Delivered], ana.Store.Events.OfType<MessageAcked>().Select(acked => acked.Status));
        Assert.All(ana.Store.Events.OfType<MessageAcked>(), acked => Assert.Equal("order-1", acked.ClientRef));
    }

    [Fact]
    public async Task Every_device_of_both_sides_gets_the_text_and_the_own_ones_as_sent_by_us()
    {
        var network = new RelayNetwork();
        var (anas, bobs) = (network.AddAccount("5511900000001", "101"), network.AddAccount("5511900000002", "102"));
        var (anaPhone, anaApi, anaWeb) = (await anas.AddDeviceAsync(0), await anas.AddDeviceAsync(1), await anas.AddDeviceAsync(2));
        var (bobPhone, bobWeb) = (await bobs.AddDeviceAsync(0), await bobs.AddDeviceAsync(7));
        await anaApi.SendAsync(bobs.Phone, "to all");
        foreach (var device in new[] { bobPhone, bobWeb, anaPhone, anaWeb })
        {
            var message = (await device.EventAsync<MessageArrived>()).Message;
            Assert.Equal("to all", message.Text);
            Assert.Equal(device.Account == anas, message.FromMe);
            Assert.Equal(device.Account == anas ? bobs.Phone : anas.Phone, message.Chat);
            Assert.Equal(anas.Phone, message.From);
        }
        Assert.Equal("web", anaPhone.Arrived[0].Source);
        await anaPhone.SendAsync(bobs.Phone, "from the phone");
        await anaApi.UntilAsync(device => device.Arrived.Any(message => message.Text == "from the phone"));
        var copy = anaApi.Arrived.Single(message => message.Text == "from the phone");
        Assert.Equal((true, "phone", bobs.Phone, bobs.Phone), (copy.FromMe, copy.Source, copy.Chat, copy.To!.Value));
        Assert.Contains(anaApi.Sent, node => node.Tag == "receipt" && node["type"] == "sender" && node["recipient"] is not null);
    }

    [Fact]
    public async Task A_message_to_ourselves_reaches_our_other_devices()
    {
        var network = new RelayNetwork();
        var account = network.AddAccount("5511900000001", "101");
        var (phone, api) = (await account.AddDeviceAsync(0), await account.AddDeviceAsync(1));
        await api.SendAsync(account.Phone, "note to self");
        var message = (await phone.EventAsync<MessageArrived>()).Message;
        Assert.Equal(("note to self", true, account.Phone), (message.Text, message.FromMe, message.Chat));
    }

    [Fact]
    public async Task The_directory_is_asked_once_for_many_messages()
    {
        var network = new RelayNetwork();
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => ana.SendAsync(bob.Account.Phone, $"{i}")));
        await bob.UntilAsync(device => device.Texts.Count == 20);
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}"), bob.Texts);
        Assert.Equal(["usync contact", "usync devices", "encrypt"], network.Queries);
    }

    [Fact]
    public async Task A_used_one_time_pre_key_is_deleted_with_the_message_it_opened()
    {
        var network = new RelayNetwork();
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        await ana.SendAsync(bob.Account.Phone, "oi");
        await bob.EventAsync<MessageArrived>();
        var batch = Assert.Single(bob.Store.Batches, batch => batch.Events.OfType<MessageArrived>().Any());
        Assert.Equal([1u], batch.RemovedPreKeys);
        Assert.Single(batch.Sessions);
        Assert.Single(batch.Messages);
        Assert.DoesNotContain(1u, bob.Store.PreKeys.Keys);
    }

    [Fact]
    public async Task Receipts_move_a_message_forward_and_never_back()
    {
        var network = new RelayNetwork();
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        var sent = await ana.SendAsync(bob.Account.Phone, "oi");
        await ana.UntilAsync(device => device.Store.Messages.Values.Single().Status == MessageStatus.Delivered);
        foreach (var type in new[] { "read", "delivery", null, "played", "read" })
            ana.Deliver(new Node("receipt", ("id", sent.MessageId), ("from", bob.Lid.ToString()), ("type", type), ("t", "1700000009")));
        await ana.IdleAsync();
        Assert.Equal(MessageStatus.Played, ana.Store.Messages.Values.Single().Status);
        Assert.Equal([MessageStatus.ServerAck, MessageStatus.Delivered, MessageStatus.Read, MessageStatus.Played], ana.Store.Events.OfType<MessageAcked>().Select(acked => acked.Status));
        Assert.Equal(6, ana.Sent.Count(node => node.Tag == "ack" && node["class"] == "receipt"));
    }

    [Fact]
    public async Task A_receipt_names_many_messages_and_moves_all_in_one_event()
    {
        var network = new RelayNetwork();
        var (ana, bob) = (await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        List<string> ids = [];
        for (var i = 0; i < 3; i++)
            ids.Add((await ana.SendAsync(bob.Account.Phone, $"{i}")).MessageId);
        ana.Deliver(new Node("receipt", [("id", ids[0]), ("from", bob.Phone.ToString()), ("type", "read"), ("t", "1700000009")],
            [new Node("list", [], [.. ids.Skip(1).Select(id => new Node("item", ("id", id)))])]));
        await ana.UntilAsync(device => device.Store.Messages.Values.All(row => row.Status == MessageStatus.Read));
        var acked = ana.Store.Events.OfType<MessageAcked>().Single(acked => acked.Status == MessageStatus.Read);
        Assert.Equal(ids, acked.MessageIds);
        Assert.Equal((bob.Account.Phone, 1700000009L), (acked.Chat, acked.At));
    }
}
