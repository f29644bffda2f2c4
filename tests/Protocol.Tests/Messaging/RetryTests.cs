using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;
using Proto = WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class RetryTests
{
    private readonly RelayNetwork _network = new();

    private async Task<(RelayDevice Ana, RelayDevice Bob)> TwoAsync() =>
        (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0));

    // Flips one byte of every ciphertext for which the rule says so.
    private void Corrupt(Func<RelayDevice, Node, bool> when) => _network.OnTheWay = (to, stanza) =>
    {
        if (stanza.Tag != "message" || !when(to, stanza))
            return stanza;
        var enc = stanza.Child("enc")!;
        var bytes = enc.Bytes!.Value.ToArray();
        bytes[^12] ^= 1;
        return stanza.WithChildren([.. stanza.Children.Select(child => child == enc ? new Node("enc", [("v", "2"), ("type", enc["type"]), ("count", enc["count"])], bytes) : child)]);
    };

    [Fact]
    public async Task A_broken_message_is_asked_for_sent_again_and_told_once_under_its_id()
    {
        var (ana, bob) = await TwoAsync();
        Corrupt((to, stanza) => to == bob && stanza.Child("enc")!["count"] is null);
        var sent = await ana.SendAsync(bob.Account.Phone, "second try");
        var message = (await bob.EventAsync<MessageArrived>()).Message;
        Assert.Equal((sent.MessageId, "second try"), (message.MessageId, message.Text));
        var asked = Assert.Single(bob.Store.Events.OfType<MessageUndecryptable>());
        Assert.Equal((sent.MessageId, ana.Account.Phone, 1, 5), (asked.MessageId, asked.Chat, asked.Attempt, asked.MaxAttempts));
        await ana.UntilAsync(device => device.Store.Messages.Values.Single().Retries == 1);
        var resend = ana.Sent.Last(node => node.Tag == "message");
        Assert.Equal((bob.Lid.ToString(), "1", sent.MessageId), (resend["to"], resend.Child("enc")!["count"], resend["id"]));
        Assert.Contains(bob.Sent, node => node.Tag == "ack" && node["error"] == "500" && node["id"] == sent.MessageId);
        await ana.UntilAsync(device => device.Sent.Any(node => node.Tag == "ack" && node["type"] == "retry"));
    }

    [Fact]
    public async Task A_lost_session_is_rebuilt_from_the_keys_in_the_retry_receipt()
    {
        var (ana, bob) = await TwoAsync();
        await ana.SendAsync(bob.Account.Phone, "one");
        await bob.UntilAsync(device => device.Texts.Count == 1);
        await bob.SendAsync(ana.Account.Phone, "two");
        await ana.UntilAsync(device => device.Texts.Count == 1);
        await bob.RunStepAsync((step, _) =>
        {
            step.Batch.Sessions[SignalAddress.Of(ana.Lid)] = null;
            return ValueTask.FromResult(true);
        }, CancellationToken.None);
        bob.Restart();
        await bob.ConnectAsync();
        await ana.SendAsync(bob.Account.Phone, "three");
        await bob.UntilAsync(device => device.Texts.Count == 2);
        Assert.Equal(["one", "three"], bob.Texts);
        var retry = bob.Sent.Single(node => node["type"] == "retry");
        Assert.Equal("1", retry.Child("retry")!["error"]);
        Assert.NotNull(retry.Child("keys")!.Child("key"));
        Assert.Single(_network.Queries, query => query == "encrypt");
        await ana.SendAsync(bob.Account.Phone, "four");
        await bob.UntilAsync(device => device.Texts.Count == 3);
        Assert.Single(bob.Sent, node => node["type"] == "retry");
    }

    [Fact]
    public async Task The_one_time_key_of_a_retry_receipt_is_stored_and_never_uploaded()
    {
        var (ana, bob) = await TwoAsync();
        Corrupt((to, stanza) => to == bob && stanza.Child("enc")!["count"] is null or "1");
        await ana.SendAsync(bob.Account.Phone, "third try");
        await bob.EventAsync<MessageArrived>();
        var keys = bob.Store.Batches.Single(batch => batch.NewPreKeys.Count > 0 && batch.Messages.Count > 0);
        Assert.Equal(keys.NewPreKeys.Select(key => key.Id), keys.UploadedPreKeys);
        Assert.Equal(12u, bob.Store.Credentials!.NextPreKeyId);
        Assert.Equal([1, 2], bob.Store.Events.OfType<MessageUndecryptable>().Select(asked => asked.Attempt));
    }

    [Fact]
    public async Task Asking_stops_after_five_attempts_and_the_place_is_kept()
    {
        var (ana, bob) = await TwoAsync();
        var stanza = await RawSend.EncryptAsync(bob, ana, new Proto.Message { Conversation = "lost" }.ToByteArray());
        var broken = stanza.WithChildren([new Node("enc", [("v", "2"), ("type", "msg")], new byte[80])]);
        for (var i = 0; i < 8; i++)
            ana.Deliver(broken);
        await ana.IdleAsync();
        Assert.Equal([1, 2, 3, 4, 5], ana.Store.Events.OfType<MessageUndecryptable>().Select(asked => asked.Attempt));
        Assert.Equal(["1", "2", "3", "4", "5"], ana.Sent.Where(node => node["type"] == "retry").Select(node => node.Child("retry")!["count"]));
        Assert.Equal(8, ana.Sent.Count(node => node.Tag == "ack" && node["error"] == "500"));
        Assert.Equal(MessageStatus.Undecryptable, ana.Store.Messages.Values.Single().Status);
        ana.Deliver(stanza);
        await ana.UntilAsync(device => device.Texts.Contains("lost"));
    }

    [Fact]
    public async Task A_resend_we_have_no_memory_of_counts_on()
    {
        var (ana, bob) = await TwoAsync();
        ana.Deliver(new Node("message", [("id", "R"), ("from", bob.Lid.ToString()), ("t", "1700000000")], [new Node("enc", [("v", "2"), ("type", "msg"), ("count", "3")], new byte[80])]));
        await ana.IdleAsync();
        Assert.Equal("4", ana.Sent.Single(node => node["type"] == "retry").Child("retry")!["count"]);
    }

    [Fact]
    public async Task A_peer_that_never_manages_gets_at_most_four_resends()
    {
        var (ana, bob) = await TwoAsync();
        Corrupt((to, _) => to == bob);
        await ana.SendAsync(bob.Account.Phone, "never");
        await bob.UntilAsync(device => device.Store.Events.OfType<MessageUndecryptable>().Count() == 5);
        await bob.IdleAsync();
        await ana.UntilAsync(device => device.Sent.Count(node => node.Tag == "ack" && node["type"] == "retry") == 5);
        Assert.Equal(5, ana.Sent.Count(node => node.Tag == "message"));
        Assert.Empty(bob.Arrived);
    }

    [Fact]
    public async Task A_retry_for_someone_elses_message_or_an_unknown_one_is_only_acknowledged()
    {
        var (ana, bob) = await TwoAsync();
        var eve = await _network.AddAccount("5511900000003", "103").AddDeviceAsync(0);
        var sent = await ana.SendAsync(bob.Account.Phone, "private");
        await bob.EventAsync<MessageArrived>();
        Node Retry(string id, RelayDevice from, string count) => new("receipt", [("id", id), ("from", from.Lid.ToString()), ("type", "retry")],
            [new Node("retry", ("v", "1"), ("count", count), ("id", id)), new Node("registration", [], new byte[4])]);
        ana.DeliverBatch([Retry(sent.MessageId, eve, "1"), Retry("UNKNOWN", bob, "1"), Retry(sent.MessageId, bob, "5")]);
        await ana.IdleAsync();
        ana.Deliver(new Node("receipt", ("id", sent.MessageId), ("from", bob.Lid.ToString()), ("type", "read")));
        ana.Deliver(Retry(sent.MessageId, bob, "1"));
        await ana.IdleAsync();
        Assert.Equal(4, ana.Sent.Count(node => node.Tag == "ack" && node["type"] == "retry"));
        Assert.Single(ana.Sent, node => node.Tag == "message");
    }

    [Fact]
    public async Task Our_own_other_device_gets_its_copy_again()
    {
        var anas = _network.AddAccount("5511900000001", "101");
        var (phone, api) = (await anas.AddDeviceAsync(0), await anas.AddDeviceAsync(1));
        var bob = await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0);
        Corrupt((to, stanza) => to == phone && stanza.Child("enc")!["count"] is null);
        await api.SendAsync(bob.Account.Phone, "copy");
        var message = (await phone.EventAsync<MessageArrived>()).Message;
        Assert.Equal((true, bob.Account.Phone, "copy"), (message.FromMe, message.Chat, message.Text));
        var resend = api.Sent.Last(node => node.Tag == "message");
        Assert.Equal((phone.Lid.ToString(), bob.Account.Lid.ToString()), (resend["to"], resend["recipient"]));
    }

    [Fact]
    public async Task A_device_nobody_knew_of_gets_the_message_once_the_list_names_it()
    {
        var (ana, bob) = await TwoAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "hello");
        var web = await bob.Account.AddDeviceAsync(5);
        ana.Deliver(new Node("receipt", [("id", sent.MessageId), ("from", web.Lid.ToString()), ("type", "retry")], [new Node("retry", ("v", "1"), ("count", "1"), ("id", sent.MessageId))]));
        await web.UntilAsync(device => device.Texts.Contains("hello"));
        ana.Deliver(new Node("receipt", [("id", sent.MessageId), ("from", bob.Account.Lid.WithDevice(9).ToString()), ("type", "retry")], [new Node("retry", ("v", "1"), ("count", "1"), ("id", sent.MessageId))]));
        await ana.UntilAsync(device => device.Sent.Count(node => node.Tag == "ack" && node["type"] == "retry") == 2);
        Assert.Equal(2, ana.Sent.Count(node => node.Tag == "message"));
    }

    [Fact]
    public async Task The_same_base_key_at_the_third_request_means_a_fresh_session()
    {
        var (ana, bob) = await TwoAsync();
        var sent = await ana.SendAsync(bob.Account.Phone, "stuck");
        await bob.EventAsync<MessageArrived>();
        var registration = new byte[4];
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(registration, bob.Credentials.Identity.RegistrationId);
        for (var count = 2; count <= 3; count++)
        {
            ana.Deliver(new Node("receipt", [("id", sent.MessageId), ("from", bob.Lid.ToString()), ("type", "retry")],
                [new Node("retry", ("v", "1"), ("count", $"{count}"), ("id", sent.MessageId)), new Node("registration", [], registration)]));
            await ana.UntilAsync(device => device.Store.Messages.Values.Single().Retries == count - 1);
        }
        Assert.Equal(2, _network.Queries.Count(query => query == "encrypt"));
        Assert.Equal(["pkmsg", "pkmsg"], ana.Sent.Where(node => node.Tag == "message").Skip(1).Select(node => node.Child("enc")!["type"]));
    }
}
