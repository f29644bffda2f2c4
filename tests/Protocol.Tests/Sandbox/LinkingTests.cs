using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Schema;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Protocol.Tests.Sandbox;

public sealed class LinkingTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;
    private VirtualPhone _phone = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _phone = _network.AddPhone("5511900000001", "Ana");
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Theory]
    [InlineData("url")]
    [InlineData("five")]
    [InlineData("four")]
    public async Task A_QR_in_any_form_links_a_device(string form)
    {
        var device = new ScriptedDevice();
        await _network.PairAsync(_phone, device, qr => form switch
        {
            "url" => qr.ToUrl(),
            "five" => qr.ToUrl().Split('#')[1],
            _ => qr.ToUrl().Split('#')[1][..^2],
        });

        Assert.Equal(_phone.Jid.WithDevice(1), device.Jid);
        Assert.Equal(_phone.Lid.WithDevice(1), device.Lid);
        Assert.Equal([device.Jid], _phone.Companions);
        Assert.Equal(1, _network.Stats.Devices);
    }

    [Fact]
    public async Task Device_numbers_and_key_indexes_grow_and_the_signed_list_names_them()
    {
        await using var first = await _network.LinkAsync(_phone);
        await using var second = await _network.LinkAsync(_phone);

        var answer = await second.AskAsync("get", "usync", new Node("usync", [("sid", "1"), ("mode", "query"), ("context", "message")],
            [new Node("query", [], [new Node("devices", ("version", "2"))]), new Node("list", [], [new Node("user", ("jid", _phone.Jid.ToString()))])]));
        var devices = answer.Child("usync")!.Child("list")!.Child("user")!.Child("devices")!;
        Assert.Equal(["0", "1", "2"], devices.Child("device-list")!.ChildrenOf("device").Select(one => one["id"]));
        Assert.Equal([null, "1", "2"], devices.Child("device-list")!.ChildrenOf("device").Select(one => one["key-index"]));
        Assert.True(KeyIndexList.TryParse(devices.Child("key-index-list")!.Bytes!.Value.Span, out var list));
        Assert.Equal([1u, 2u], list.ValidIndexes);
        Assert.True(list.IsSignedBy(ADVSignedDeviceIdentity.Parser.ParseFrom(second.Device.SignedIdentity).AccountSignatureKey.Span));
    }

    [Fact]
    public async Task An_old_ref_is_refused()
    {
        string? text = null;
        await _network.PairAsync(_phone, new ScriptedDevice(), qr => text = qr.ToUrl());
        await Assert.ThrowsAsync<PairingException>(() => _phone.ScanAsync(text!, TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<PhoneException>(() => _phone.ScanAsync("hello", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task A_companion_that_refuses_is_not_linked()
    {
        await using var client = await ScriptedClient.RegisterAsync(_network, new ScriptedDevice());
        var offer = await client.ReceiveAsync(PairDevice.Is);
        var qr = new QrCodeText(PairDevice.References(offer)[0], client.Device.Noise.PublicKey, client.Device.Identity.IdentityKey.PublicKey, client.Device.AdvSecret, "1");
        var scan = _phone.ScanAsync(qr.ToUrl(), TestContext.Current.CancellationToken);

        await client.SendAsync(PairSuccess.Refuse(await client.ReceiveAsync(PairSuccess.Is)));

        await Assert.ThrowsAsync<PairingException>(() => scan);
        Assert.Empty(_phone.Companions);
    }

    [Fact]
    public async Task A_code_links_a_device_after_a_wrong_one_was_typed()
    {
        var device = new ScriptedDevice();
        await using var client = await ScriptedClient.RegisterAsync(_network, device);
        await client.SendAsync(PairDevice.Reply(await client.ReceiveAsync(PairDevice.Is)));
        var (code, ephemeral) = (LinkCode.Generate(), KeyPair.Generate());
        var hello = await client.AskAsync("set", "md", new Node("link_code_companion_reg", [("jid", _phone.Jid.ToString()), ("stage", "companion_hello")],
        [
            ScriptedSteps.Leaf("link_code_pairing_wrapped_companion_ephemeral_pub", LinkCodeKeyWrap.Wrap(ephemeral.PublicKey, code)),
            ScriptedSteps.Leaf("companion_server_auth_key_pub", device.Noise.PublicKey),
            new Node("companion_platform_id", [], "1"), new Node("companion_platform_display", [], "Chrome (Linux)"), ScriptedSteps.Leaf("link_code_pairing_nonce", [0]),
        ]));
        var reference = hello.Child("link_code_companion_reg")!.Child("link_code_pairing_ref")!.Bytes!.Value.ToArray();

        var wrong = _phone.EnterPairCodeAsync("11111111", TestContext.Current.CancellationToken);
        Assert.Equal("error", (await FinishAsync(client, code, ephemeral, reference)).Answer["type"]);
        await Assert.ThrowsAsync<PairingException>(() => wrong);

        var right = _phone.EnterPairCodeAsync(code.Display, TestContext.Current.CancellationToken);
        var (answer, secret) = await FinishAsync(client, code, ephemeral, reference);
        Assert.Equal("result", answer["type"]);
        await client.AcceptPairSuccessAsync(secret);
        Assert.Equal(device.Jid, await right);
    }

    [Fact]
    public async Task A_code_for_an_unknown_number_is_refused()
    {
        await using var client = await ScriptedClient.RegisterAsync(_network, new ScriptedDevice());
        var answer = await client.AskAsync("set", "md", new Node("link_code_companion_reg", [("jid", "5511999999999@s.whatsapp.net"), ("stage", "companion_hello")],
        [
            ScriptedSteps.Leaf("link_code_pairing_wrapped_companion_ephemeral_pub", new byte[80]), new Node("companion_platform_display", [], "Chrome (Linux)"),
        ]));
        Assert.Equal("400", answer.Child("error")!["code"]);
    }

    [Fact]
    public async Task A_new_device_gets_the_app_state_key_and_its_first_history_from_the_phone()
    {
        await using var client = await _network.LinkAsync(_phone);

        var keys = await client.ReceiveAsync("message");
        var share = client.Open(keys).ProtocolMessage.AppStateSyncKeyShare;
        await client.ConfirmAsync(keys);
        var history = await client.ReceiveAsync("message");
        var notification = client.Open(history).ProtocolMessage.HistorySyncNotification;
        await client.ConfirmAsync(history);

        Assert.Equal(("peer", _phone.Jid.ToString()), (keys["category"], keys["from"]));
        Assert.Equal(32, share.Keys.Single().KeyData.KeyData.Length);
        Assert.Equal(6, share.Keys.Single().KeyId.KeyId.Length);
        using var inflated = new System.IO.Compression.ZLibStream(new MemoryStream(notification.InitialHistBootstrapInlinePayload.ToByteArray()), System.IO.Compression.CompressionMode.Decompress);
        Assert.Equal("Ana", HistorySync.Parser.ParseFrom(inflated).Pushnames.Single().Pushname_);
    }

    [Fact]
    public async Task Other_devices_are_told_of_a_new_device_and_of_its_end()
    {
        await using var first = await _network.LinkAsync(_phone);
        await using var second = await _network.LinkAsync(_phone);

        var added = await first.ReceiveAsync(node => node["type"] == "devices" && node.Child("add") is not null);
        Assert.Equal(second.Device.Jid.ToString(), added.Child("add")!.Child("device")!["jid"]);
        _phone.Unlink(second.Device.Jid);
        var removed = await first.ReceiveAsync(node => node["type"] == "devices" && node.Child("remove") is not null);
        Assert.Equal(second.Device.Lid.ToString(), removed.Child("remove")!.Child("device")!["lid"]);
    }

    [Fact]
    public async Task Questions_of_a_device_that_is_not_linked_are_answered_too()
    {
        await using var client = await ScriptedClient.RegisterAsync(_network, new ScriptedDevice());
        Assert.Equal("result", (await client.AskAsync("get", "w:p"))["type"]);
        Assert.Equal("result", (await client.AskAsync("get", "anything"))["type"]);
    }

    private static async Task<(Node Answer, byte[] Secret)> FinishAsync(ScriptedClient client, LinkCode code, KeyPair ephemeral, byte[] reference)
    {
        var hello = (await client.ReceiveAsync("notification")).Child("link_code_companion_reg")!;
        var finish = LinkCodeExchange.Finish(code, ephemeral, client.Device.Identity.IdentityKey,
            hello.Child("link_code_pairing_wrapped_primary_ephemeral_pub")!.Bytes!.Value.Span, hello.Child("primary_identity_pub")!.Bytes!.Value.Span);
        var answer = await client.AskAsync("set", "md", new Node("link_code_companion_reg", [("stage", "companion_finish")],
        [
            ScriptedSteps.Leaf("link_code_pairing_wrapped_key_bundle", finish.Bundle),
            ScriptedSteps.Leaf("companion_identity_public", client.Device.Identity.IdentityKey.PublicKey), ScriptedSteps.Leaf("link_code_pairing_ref", reference),
        ]));
        return (answer, finish.AdvSecret);
    }
}
