using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Sandbox;

public sealed class RelayTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;
    private VirtualPhone _ana = null!, _bia = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _ana = _network.AddPhone("5511900000001", "Ana");
        _bia = _network.AddPhone("5511900000002", "Bia");
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(15)).Token;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_text_travels_between_devices_and_phones(bool lid)
    {
        await using var a = await _network.LinkAsync(_ana);
        await using var b = await _network.LinkAsync(_bia);

        var ack = await a.SendTextAsync(lid ? _bia.Lid : _bia.Jid, "oi");
        Assert.Null(ack["phash"]);
        Assert.Null(ack["error"]);
        var (stanza, content) = await b.ReceiveTextAsync();
        Assert.Equal("oi", content.Conversation);
        Assert.Equal((lid ? a.Device.Lid : a.Device.Jid).ToString(), stanza["from"]);
        Assert.Equal((lid ? a.Device.Jid : a.Device.Lid).ToString(), stanza[lid ? "sender_pn" : "sender_lid"]);
        Assert.Equal("Ana", stanza["notify"]);
        Assert.Single(stanza.ChildrenOf("enc"));
        Assert.Equal("oi", (await _bia.WaitForMessageAsync(one => one.Text == "oi", Limit)).Text);
        var own = await _ana.WaitForMessageAsync(one => one.Text == "oi", Limit);
        Assert.True(own.FromMe);
        Assert.Equal(_bia.Jid, own.To);
        Assert.Equal(0, _network.Stats.Violations);
    }

    [Fact]
    public async Task A_phones_text_reaches_the_others_devices_and_its_own_companions()
    {
        await using var a = await _network.LinkAsync(_ana);
        await using var b = await _network.LinkAsync(_bia);
        _ana.SendText(_bia.PhoneNumber, "from the phone");

        Assert.Equal("from the phone", (await b.ReceiveTextAsync()).Content.Conversation);
        var (stanza, content) = await a.ReceiveTextAsync();
        Assert.Equal("from the phone", content.DeviceSentMessage.Message.Conversation);
        Assert.Equal(_bia.Jid.ToString(), content.DeviceSentMessage.DestinationJid);
        Assert.Equal((_ana.Jid.ToString(), _bia.Jid.ToString(), _bia.Lid.ToString()), (stanza["from"], stanza["recipient"], stanza["peer_recipient_lid"]));
    }

    [Fact]
    public async Task An_answer_is_a_msg_once_both_sides_have_a_session()
    {
        await using var a = await _network.LinkAsync(_ana);
        await using var b = await _network.LinkAsync(_bia);
        await a.SendTextAsync(_bia.Jid, "1");
        await b.ReceiveTextAsync();
        await b.SendTextAsync(_ana.Jid, "2");
        var (answer, _) = await a.ReceiveTextAsync();
        Assert.Equal("msg", answer.Child("enc")!["type"]);
    }

    [Fact]
    public async Task A_device_left_out_gets_nothing_and_the_sender_learns_the_hash_of_the_right_list()
    {
        await using var a = await _network.LinkAsync(_ana);
        await using var b = await _network.LinkAsync(_bia);

        var ack = await a.SendTextAsync(_bia.Jid, "only the phone", devices: [_bia.Jid, _ana.Jid]);
        Assert.Equal(ParticipantHash.Compute([_ana.Jid, a.Device.Jid, _bia.Jid, b.Device.Jid]), ack["phash"]);
        await _bia.WaitForMessageAsync(one => one.Text == "only the phone", Limit);
        await a.SendTextAsync(_bia.Jid, "everybody");
        Assert.Equal("everybody", (await b.ReceiveTextAsync()).Content.Conversation);
    }

    [Fact]
    public async Task A_message_to_a_stranger_is_acknowledged_with_an_error()
    {
        await using var a = await _network.LinkAsync(_ana);
        await a.SendAsync(new Node("message", [("id", "X1"), ("to", "5511999999999@s.whatsapp.net"), ("type", "text")], [ScriptedSteps.Leaf("enc", [1])]));
        Assert.Equal("404", (await a.ReceiveAsync("ack"))["error"]);
    }

    [Fact]
    public async Task What_arrives_while_a_device_is_away_comes_with_the_login_and_until_acknowledged_again()
    {
        var device = new ScriptedDevice();
        await using (await _network.LinkAsync(_bia, device)) { }
        await WaitForAsync(() => _network.Stats.Connections == 0);
        var id = _ana.SendText(_bia.PhoneNumber, "while away");

        await using (var second = await ScriptedClient.LoginAsync(_network, device))
            Assert.Equal("0", (await second.ReceiveAsync(node => node.Tag == "message" && node["id"] == id))["offline"]);
        await WaitForAsync(() => _network.Stats.Connections == 0);
        await using var third = await ScriptedClient.LoginAsync(_network, device);
        var preview = (await third.ReceiveAsync(node => node.Child("offline_preview") is not null)).Child("offline_preview")!;
        var stanza = await third.ReceiveAsync(node => node.Tag == "message" && node["id"] == id);
        Assert.NotEqual("0", preview["message"]);
        Assert.Equal("1", stanza["offline"]);
        Assert.True(_network.Stats.DuplicateDeliveries >= 1);
        await third.ConfirmAsync(stanza);
        Assert.Null((await _ana.WaitForReceiptAsync(one => one.MessageId == id && one.From == device.Jid, Limit)).Type);
    }

    [Fact]
    public async Task Receipts_reach_all_devices_of_the_author_and_are_acknowledged()
    {
        await using var a = await _network.LinkAsync(_ana);
        await using var b = await _network.LinkAsync(_bia);
        var ack = await a.SendTextAsync(_bia.Jid, "oi");
        var (stanza, _) = await b.ReceiveTextAsync();
        await b.ReceiveAsync(node => node.Tag == "ack" && node["class"] == "receipt" && node["id"] == ack["id"]);

        await a.ReceiveAsync(node => node.Tag == "receipt" && node["from"] == b.Device.Jid.ToString());
        await b.SendAsync(new Node("receipt", ("id", stanza["id"]), ("to", _ana.Jid.ToString()), ("type", "read"), ("t", "1")));
        Assert.Equal("1", (await a.ReceiveAsync(node => node["type"] == "read"))["t"]);
        await _ana.WaitForReceiptAsync(one => one.MessageId == ack["id"] && one.Type == "read", Limit);
    }

    [Fact]
    public async Task A_retry_receipt_of_a_device_is_answered_by_the_phone_that_sent()
    {
        await using var b = await _network.LinkAsync(_bia);
        var id = _ana.SendText(_bia.PhoneNumber, "again please");
        var broken = await b.ReceiveAsync(node => node.Tag == "message" && node["id"] == id);
        await b.SendAsync(new Node("receipt", [("id", id), ("to", broken["from"]), ("type", "retry")],
            [new Node("retry", ("v", "1"), ("count", "1"), ("id", id), ("t", broken["t"]), ("error", "7")),
             ScriptedSteps.Leaf("registration", [0, 0, (byte)(b.Device.Identity.RegistrationId >> 8), (byte)b.Device.Identity.RegistrationId])]));

        var again = await b.ReceiveAsync(node => node.Tag == "message" && node["id"] == id);
        Assert.Equal("1", again.Child("enc")!["count"]);
        Assert.Equal("again please", b.Open(again).Conversation);
    }

    [Fact]
    public async Task The_phone_gives_a_companion_a_message_it_could_not_read()
    {
        await using var b = await _network.LinkAsync(_bia);
        var id = _ana.SendText(_bia.PhoneNumber, "lost on the companion");
        await _bia.WaitForMessageAsync(one => one.MessageId == id, Limit);
        var request = new Message
        {
            ProtocolMessage = new()
            {
                Type = Message.Types.ProtocolMessage.Types.Type.PeerDataOperationRequestMessage,
                PeerDataOperationRequestMessage = new()
                {
                    PeerDataOperationRequestType = Message.Types.PeerDataOperationRequestType.PlaceholderMessageResend,
                    PlaceholderMessageResendRequest = { new Message.Types.PeerDataOperationRequestMessage.Types.PlaceholderMessageResendRequest
                    {
                        MessageKey = new MessageKey { RemoteJid = _ana.Jid.ToString(), FromMe = false, Id = id },
                    } },
                },
            },
        };
        await b.SendAsync(new Node("message", [("id", "REQUEST"), ("to", _bia.Jid.ToString()), ("type", "text"), ("category", "peer"), ("push_priority", "high_force")],
            [new Node("meta", ("appdata", "default")), await b.EncryptAsync(_bia.Jid, request), ScriptedSteps.Leaf("device-identity", b.Device.SignedIdentity!)]));

        while (true)
        {
            var stanza = await b.ReceiveAsync(node => node.Tag == "message" && node["category"] == "peer");
            if (b.Open(stanza).ProtocolMessage.PeerDataOperationRequestResponseMessage is not { } answer)
                continue;
            Assert.Equal("REQUEST", answer.StanzaId);
            var found = WebMessageInfo.Parser.ParseFrom(answer.PeerDataOperationResult.Single().PlaceholderMessageResendResponse.WebMessageInfoBytes);
            Assert.Equal((id, "lost on the companion", "Ana"), (found.Key.Id, found.Message.Conversation, found.PushName));
            return;
        }
    }

    [Fact]
    public async Task A_pkmsg_of_a_companion_without_its_device_identity_is_not_accepted()
    {
        await using var a = await _network.LinkAsync(_ana);
        await a.SendAsync(new Node("message", [("id", "BARE"), ("to", _bia.Jid.ToString()), ("type", "text")], [await a.EncryptAsync(_bia.Jid, new Message { Conversation = "who am I" })]));

        var retry = await a.ReceiveAsync(node => node["type"] == "retry");
        Assert.Equal("12", retry.Child("retry")!["error"]);
        Assert.Empty(_bia.Messages);
        Assert.Equal(1, _network.Stats.Violations);
    }

    [Fact]
    public async Task Inventing_a_delivery_type_in_an_ack_ends_the_stream()
    {
        await using var a = await _network.LinkAsync(_ana);
        await a.SendAsync(new Node("ack", ("class", "receipt"), ("id", "1"), ("to", _bia.Jid.ToString()), ("type", "delivery")));
        Assert.NotNull((await a.ReceiveAsync("stream:error")).Child("ack"));
        await a.Closed;
    }

    [Fact]
    public async Task Presence_and_typing_reach_who_asked()
    {
        await using var a = await _network.LinkAsync(_ana);
        await a.SendAsync(new Node("presence", ("type", "subscribe"), ("to", _bia.Jid.ToString())));
        Assert.Equal("unavailable", (await a.ReceiveAsync("presence"))["type"]);
        _bia.SetPresence(available: true);
        Assert.Null((await a.ReceiveAsync("presence"))["type"]);
        _bia.SetTyping(_ana.PhoneNumber, typing: true);
        Assert.NotNull((await a.ReceiveAsync("chatstate")).Child("composing"));
    }

    private static async Task WaitForAsync(Func<bool> condition)
    {
        while (!condition())
            await Task.Delay(10, Limit);
    }
}
