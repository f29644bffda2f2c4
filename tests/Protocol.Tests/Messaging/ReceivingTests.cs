using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;
using Proto = WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class ReceivingTests
{
    private readonly RelayNetwork _network = new();

    private async Task<(RelayDevice Ana, RelayDevice Bob)> TwoAsync() =>
        (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0));

    private static Proto.Message Text(string text) => new() { Conversation = text };

    private static Task<Node> StanzaAsync(RelayDevice from, RelayDevice to, string text, params (string, string?)[] attributes) =>
        RawSend.EncryptAsync(from, to, Text(text).ToByteArray(), attributes);

    [Fact]
    public async Task A_stanza_delivered_twice_is_told_once_and_answered_twice()
    {
        var (ana, bob) = await TwoAsync();
        var stanza = await StanzaAsync(bob, ana, "oi");
        ana.Deliver(stanza);
        ana.Deliver(stanza);
        ana.DeliverBatch([stanza, stanza]);
        await ana.IdleAsync();
        Assert.Equal(["oi"], ana.Texts);
        Assert.Equal(4, ana.Sent.Count(node => node.Tag == "receipt" && node["type"] is null && node["id"] == stanza["id"]));
        Assert.DoesNotContain(ana.Sent, node => node["type"] == "retry" || node["error"] is not null);
    }

    [Fact]
    public async Task The_same_message_encrypted_again_under_its_id_is_told_once()
    {
        var (ana, bob) = await TwoAsync();
        ana.Deliver(await StanzaAsync(bob, ana, "oi", ("id", "SAME")));
        ana.Deliver(await StanzaAsync(bob, ana, "oi", ("id", "SAME")));
        ana.Deliver(await StanzaAsync(bob, ana, "next"));
        await ana.UntilAsync(device => device.Texts.Contains("next"));
        Assert.Equal(["oi", "next"], ana.Texts);
    }

    [Fact]
    public async Task Messages_that_overtake_each_other_all_arrive()
    {
        var (ana, bob) = await TwoAsync();
        List<Node> stanzas = [];
        for (var i = 0; i < 20; i++)
            stanzas.Add(await StanzaAsync(bob, ana, $"{i}"));
        stanzas.Reverse();
        ana.DeliverBatch(stanzas[..7]);
        ana.DeliverBatch(stanzas[7..]);
        await ana.IdleAsync();
        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"{i}").Reverse(), ana.Texts);
    }

    [Fact]
    public async Task A_backlog_of_500_messages_comes_in_one_batch_with_few_queries()
    {
        var (ana, bob) = await TwoAsync();
        var eve = await _network.AddAccount("5511900000003", "103").AddDeviceAsync(0);
        List<Node> stanzas = [];
        for (var i = 0; i < 500; i++)
            stanzas.Add(await StanzaAsync(i % 2 == 0 ? bob : eve, ana, $"{i}", ("offline", "1")));
        var loads = 0;
        ana.Store.Delay = _ =>
        {
            loads++;
            return ValueTask.CompletedTask;
        };
        var commits = ana.Store.Batches.Count;
        ana.DeliverBatch(stanzas);
        await ana.IdleAsync();
        Assert.Equal(Enumerable.Range(0, 500).Select(i => $"{i}"), ana.Texts);
        Assert.All(ana.Arrived, message => Assert.True(message.Offline));
        Assert.Equal(commits + 1, ana.Store.Batches.Count);
        Assert.InRange(loads, 1, 12);
        Assert.Equal(500, ana.Sent.Count(node => node.Tag == "receipt"));
    }

    [Fact]
    public async Task Garbage_in_the_middle_of_a_batch_costs_only_itself()
    {
        var (ana, bob) = await TwoAsync();
        var broken = await StanzaAsync(bob, ana, "never seen");
        Node[] garbage =
        [
            new("message"), new("message", ("id", "x")), new("message", ("id", "x"), ("from", "@")), new("message", ("id", "x"), ("from", "s.whatsapp.net")),
            new("message", ("id", ""), ("from", bob.Lid.ToString())), new("message", ("id", new string('x', 500)), ("from", bob.Lid.ToString())),
            new("message", ("id", "g1"), ("from", "1-2@g.us")), new("message", ("id", "g2"), ("from", bob.Lid.ToString()), ("t", "no number")),
            new("message", [("id", "g3"), ("from", bob.Lid.ToString())], [new Node("enc", [("v", "2"), ("type", "pkmsg")], new byte[] { 0x33, 1, 2 })]),
            new("message", [("id", "g4"), ("from", bob.Lid.ToString())], [new Node("enc", [("v", "2"), ("type", "msg")], Array.Empty<byte>())]),
            new("message", [("id", "g5"), ("from", bob.Lid.ToString())], [new Node("enc", [("v", "2"), ("type", "whatever")], new byte[9])]),
            new("message", [("id", "g6"), ("from", bob.Lid.ToString())], [new Node("enc", ("v", "2"), ("type", "msg"))]),
            new("message", [("id", "g7"), ("from", "13135550002@bot")], [new Node("enc", [("v", "2"), ("type", "msmsg")], new byte[40])]),
            new("receipt"), new("receipt", ("id", "r")), new("receipt", ("id", "r"), ("from", "@")), new("receipt", ("id", "r"), ("from", bob.Lid.ToString()), ("type", "retry")),
            new("receipt", [("id", "r"), ("from", bob.Lid.ToString()), ("type", "retry")], [new Node("retry", ("count", "-5"), ("id", "r"))]),
            new("ack", ("class", "message")), new("ack", ("class", "message"), ("id", "unknown"), ("error", "x")),
            new("notification", ("type", "devices")), new("notification", [("type", "encrypt"), ("id", "n"), ("from", "nobody")], [new Node("identity")]),
            broken.WithChildren([new Node("enc", [("v", "2"), ("type", "pkmsg")], new byte[100])]),
        ];
        var before = await StanzaAsync(bob, ana, "before");
        var after = await StanzaAsync(bob, ana, "after");
        ana.DeliverBatch([before, .. garbage, after]);
        await ana.IdleAsync();
        Assert.Null(ana.PumpFailure);
        Assert.Equal(["before", "after"], ana.Texts);
        Assert.Equal("487", ana.Sent.Single(node => node.Tag == "ack" && node["id"] == "g2")["error"]);
        Assert.Equal("495", ana.Sent.Single(node => node.Tag == "ack" && node["id"] == "g7")["error"]);
        Assert.Contains(ana.Sent, node => node["type"] == "retry" && node["id"] == "g3");
    }

    [Fact]
    public async Task A_ciphertext_changed_on_the_way_leaves_the_session_as_it_was()
    {
        var (ana, bob) = await TwoAsync();
        ana.Deliver(await StanzaAsync(bob, ana, "first"));
        await ana.UntilAsync(device => device.Texts.Count == 1);
        var stanza = await StanzaAsync(bob, ana, "second");
        var bytes = stanza.Child("enc")!.Bytes!.Value.ToArray();
        bytes[^12] ^= 1;
        var sessions = ana.Store.Sessions.Values.Single();
        ana.Deliver(stanza.WithChildren([new Node("enc", [("v", "2"), ("type", stanza.Child("enc")!["type"])], bytes)]));
        await ana.EventAsync<MessageUndecryptable>();
        Assert.Equal(sessions, ana.Store.Sessions.Values.Single());
        ana.Deliver(stanza);
        await ana.UntilAsync(device => device.Texts.Count == 2);
        Assert.Equal(["first", "second"], ana.Texts);
        Assert.Equal(MessageStatus.Received, ana.Store.Messages.Values.Single(row => row.Key.Id == stanza["id"]).Status);
    }

    [Fact]
    public async Task Content_that_is_no_message_is_refused_with_491_and_the_next_one_is_read()
    {
        var (ana, bob) = await TwoAsync();
        var hostile = await RawSend.EncryptAsync(bob, ana, [0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0x0F]);
        ana.DeliverBatch([hostile, await StanzaAsync(bob, ana, "fine")]);
        await ana.IdleAsync();
        Assert.Equal(["fine"], ana.Texts);
        Assert.Equal("491", ana.Sent.Single(node => node.Tag == "ack" && node["id"] == hostile["id"])["error"]);
    }

    [Fact]
    public async Task Endlessly_nested_content_does_not_break_the_batch()
    {
        var (ana, bob) = await TwoAsync();
        var message = Text("deep");
        for (var i = 0; i < 40; i++)
            message = new Proto.Message { EphemeralMessage = new Proto.Message.Types.FutureProofMessage { Message = message } };
        ana.DeliverBatch([await RawSend.EncryptAsync(bob, ana, message.ToByteArray()), await StanzaAsync(bob, ana, "fine")]);
        await ana.IdleAsync();
        Assert.Equal(["unsupported", "text"], ana.Arrived.Select(arrived => arrived.Type));
        Assert.NotNull(ana.Arrived[0].Raw);
    }

    [Fact]
    public async Task A_stranger_cannot_speak_as_ourselves()
    {
        var (ana, bob) = await TwoAsync();
        var forged = new Proto.Message { DeviceSentMessage = new Proto.Message.Types.DeviceSentMessage { DestinationJid = "5511900000099@s.whatsapp.net", Message = Text("forged") } };
        await RawSend.SendAsync(bob, ana, forged, ("category", "peer"), ("recipient", "5511900000099@s.whatsapp.net"));
        var message = (await ana.EventAsync<MessageArrived>()).Message;
        Assert.Equal((false, bob.Account.Phone, bob.Account.Phone), (message.FromMe, message.Chat, message.From));
        Assert.Null(ana.Sent.Single(node => node.Tag == "receipt")["type"]);
    }

    [Fact]
    public async Task Unknown_content_is_told_as_unsupported_with_its_bytes()
    {
        var (ana, bob) = await TwoAsync();
        byte[] future = [0xF2, 0xBB, 0x01, 3, 1, 2, 3]; // field 3006, length 3
        ana.Deliver(await RawSend.EncryptAsync(bob, ana, future));
        var message = (await ana.EventAsync<MessageArrived>()).Message;
        Assert.Equal("unsupported", message.Type);
        Assert.Equal(future, message.Raw);
    }

    [Fact]
    public async Task Keys_and_history_notices_of_our_phone_are_kept_and_answered_but_not_told()
    {
        var anas = _network.AddAccount("5511900000001", "101");
        var (phone, api) = (await anas.AddDeviceAsync(0), await anas.AddDeviceAsync(1));
        var share = new Proto.Message { ProtocolMessage = new() { Type = Proto.Message.Types.ProtocolMessage.Types.Type.AppStateSyncKeyShare, AppStateSyncKeyShare = new() } };
        var history = new Proto.Message { ProtocolMessage = new() { Type = Proto.Message.Types.ProtocolMessage.Types.Type.HistorySyncNotification, HistorySyncNotification = new() } };
        var first = await RawSend.SendAsync(phone, api, share, ("category", "peer"));
        var second = await RawSend.SendAsync(phone, api, history, ("category", "peer"));
        await api.UntilAsync(device => device.Store.Messages.Count == 2);
        await api.IdleAsync();
        Assert.Empty(api.Arrived);
        Assert.All(api.Store.Messages.Values, row => Assert.Equal(("protocol", true), (row.Type, row.Content is not null)));
        Assert.Equal("peer_msg", api.Sent.Single(node => node.Tag == "receipt" && node["id"] == first["id"])["type"]);
        Assert.Equal(["peer_msg", "hist_sync"], api.Sent.Where(node => node.Tag == "receipt" && node["id"] == second["id"]).Select(node => node["type"]));
    }

    [Fact]
    public async Task Content_that_is_not_sent_to_us_is_acknowledged_and_told()
    {
        var (ana, bob) = await TwoAsync();
        Node Gap(string id, string? type) => new("message", [("id", id), ("from", bob.Lid.ToString()), ("t", "1700000000")], [new Node("unavailable", ("type", type))]);
        ana.DeliverBatch([Gap("v", "view_once"), Gap("g", null), Gap("g", null)]);
        await ana.IdleAsync();
        Assert.Equal("viewOnce", Assert.Single(ana.Arrived).Type);
        Assert.Equal("g", Assert.Single(ana.Store.Events.OfType<MessageUndecryptable>()).MessageId);
        Assert.Equal(3, ana.Sent.Count(node => node.Tag == "ack" && node["class"] == "message" && node["error"] is null));
    }

    [Fact]
    public async Task A_group_message_without_its_key_is_asked_for_and_a_resend_is_delivered()
    {
        var (ana, bob) = await TwoAsync();
        ana.Deliver(new Node("message", [("id", "G1"), ("from", "120363000000000001@g.us"), ("participant", bob.Lid.ToString()), ("t", "1700000000")], [new Node("enc", [("v", "2"), ("type", "skmsg")], new byte[120])]));
        await ana.EventAsync<MessageUndecryptable>();
        var retry = ana.Sent.Single(node => node["type"] == "retry");
        Assert.Equal(("120363000000000001@g.us", bob.Lid.ToString()), (retry["to"], retry["participant"]));
        Assert.NotNull(retry.Child("keys"));
        ana.Deliver(await StanzaAsync(bob, ana, "to the group", ("id", "G1"), ("from", "120363000000000001@g.us"), ("participant", bob.Lid.ToString()), ("sender_pn", null)));
        var message = (await ana.EventAsync<MessageArrived>()).Message;
        Assert.Equal(("to the group", "120363000000000001@g.us", "102@lid"), (message.Text, message.Chat.ToString(), message.Participant.ToString()));
        Assert.Contains(ana.Sent, node => node.Tag == "receipt" && node["type"] is null && node["participant"] == bob.Lid.ToString());
    }

    [Fact]
    public async Task A_new_identity_replaces_the_old_one_and_its_sessions()
    {
        var (ana, bob) = await TwoAsync();
        ana.Deliver(await StanzaAsync(bob, ana, "old phone"));
        await ana.UntilAsync(device => device.Texts.Count == 1);
        bob.Account.Devices.Clear();
        var newBob = await bob.Account.AddDeviceAsync(0);
        ana.Deliver(await StanzaAsync(newBob, ana, "new phone"));
        await ana.UntilAsync(device => device.Texts.Count == 2);
        Assert.Equal(newBob.Credentials.Identity.IdentityKey.PublicKey, ana.Store.Identities.Values.Single());
        await ana.SendAsync(bob.Account.Phone, "welcome back");
        await newBob.UntilAsync(device => device.Texts.Contains("welcome back"));
    }

    [Fact]
    public async Task An_identity_notification_drops_sessions_and_the_next_send_opens_new_ones()
    {
        var (ana, bob) = await TwoAsync();
        await ana.SendAsync(bob.Account.Phone, "one");
        bob.Account.Devices.Clear();
        var newBob = await bob.Account.AddDeviceAsync(0);
        ana.Deliver(new Node("notification", [("id", "n"), ("type", "encrypt"), ("from", bob.Account.Lid.ToString()), ("t", "1700000000")], [new Node("identity")]));
        await ana.IdleAsync();
        Assert.Empty(ana.Store.Sessions);
        Assert.Empty(ana.Store.Identities);
        Assert.DoesNotContain(bob.Account.Lid, ana.Store.DeviceLists.Keys);
        await ana.SendAsync(bob.Account.Phone, "two");
        await newBob.UntilAsync(device => device.Texts.Contains("two"));
    }
}
