using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Sandbox;

/// <summary>What a companion does, step by step, on top of <see cref="ScriptedClient"/>.</summary>
internal static class ScriptedSteps
{
    /// <summary>Pairs by QR, logs in, uploads keys; the bootstrap messages stay in the channel.</summary>
    public static async Task<ScriptedClient> LinkAsync(this SandboxNetwork network, VirtualPhone phone, ScriptedDevice? device = null)
    {
        device ??= new ScriptedDevice();
        await network.PairAsync(phone, device);
        var client = await ScriptedClient.LoginAsync(network, device);
        await client.ReceiveAsync("success");
        await client.ReceiveAsync(node => node.Tag == "ib" && node.Child("offline") is not null);
        await client.UploadKeysAsync();
        return client;
    }

    public static async Task PairAsync(this SandboxNetwork network, VirtualPhone phone, ScriptedDevice device, Func<QrCodeText, string>? qrText = null)
    {
        await using var client = await ScriptedClient.RegisterAsync(network, device);
        var offer = await client.ReceiveAsync(PairDevice.Is);
        await client.SendAsync(PairDevice.Reply(offer));
        var qr = new QrCodeText(PairDevice.References(offer)[0], device.Noise.PublicKey, device.Identity.IdentityKey.PublicKey, device.AdvSecret, "1");
        var scan = phone.ScanAsync(qrText?.Invoke(qr) ?? qr.ToUrl(), TestContext.Current.CancellationToken);
        await client.AcceptPairSuccessAsync(device.AdvSecret);
        Assert.Equal(device.Jid, await scan);
        Assert.Equal("515", (await client.ReceiveAsync("stream:error"))["code"]);
        await client.Closed;
    }

    /// <summary>Takes pair-success, checks and signs it, notes the new addresses.</summary>
    public static async Task AcceptPairSuccessAsync(this ScriptedClient client, byte[] advSecret)
    {
        var success = PairSuccess.Read(await client.ReceiveAsync(PairSuccess.Is));
        var identity = CompanionIdentity.Accept(success.WrappedIdentity.Span, advSecret, client.Device.Identity.IdentityKey);
        client.Device.Jid = success.Jid;
        client.Device.Lid = success.Lid!.Value;
        client.Device.SignedIdentity = identity.Signed;
        await client.SendAsync(success.Accept(identity));
    }

    public static async Task UploadKeysAsync(this ScriptedClient client, int count = 10)
    {
        var device = client.Device;
        var start = device.OneTime.Count == 0 ? 1 : device.OneTime.Keys.Max() + 1;
        var keys = PreKeys.NewOneTime(start, count);
        foreach (var key in keys)
            device.OneTime[key.Id] = key;
        var answer = await client.AskAsync("set", "encrypt",
            Leaf("registration", [0, 0, (byte)(device.Identity.RegistrationId >> 8), (byte)device.Identity.RegistrationId]), Leaf("type", [5]),
            Leaf("identity", device.Identity.IdentityKey.PublicKey),
            new Node("list", [], [.. keys.Select(key => new Node("key", [], [Leaf("id", Id(key.Id)), Leaf("value", key.Keys.PublicKey)]))]),
            new Node("skey", [], [Leaf("id", Id(device.Signed.Id)), Leaf("value", device.Signed.Keys.PublicKey), Leaf("signature", device.Signed.Signature)]));
        Assert.Equal("result", answer["type"]);
    }

    /// <summary>The devices of users, as usync lists them.</summary>
    public static async Task<List<Jid>> DevicesAsync(this ScriptedClient client, params Jid[] users)
    {
        var answer = await client.AskAsync("get", "usync", new Node("usync",
            [("sid", "1"), ("index", "0"), ("last", "true"), ("mode", "query"), ("context", "message")],
            [new Node("query", [], [new Node("devices", ("version", "2"))]), new Node("list", [], [.. users.Select(user => new Node("user", ("jid", user.ToString())))])]));
        return [.. from user in answer.Child("usync")!.Child("list")!.ChildrenOf("user")
                   from device in user.Child("devices")!.Child("device-list")!.ChildrenOf("device")
                   select Jid.Parse(user["jid"]!).WithDevice(int.Parse(device["id"]!, System.Globalization.CultureInfo.InvariantCulture))];
    }

    public static async Task<Node> BundleAsync(this ScriptedClient client, Jid device)
    {
        var answer = await client.AskAsync("get", "encrypt", new Node("key", [], [new Node("user", ("jid", device.ToString()))]));
        return answer.Child("list")?.Child("user") ?? answer;
    }

    public static async Task<Node> EncryptAsync(this ScriptedClient client, Jid device, Message content)
    {
        if (!client.Device.Sessions.TryGetValue(device, out var session))
            session = SessionBuilder.ProcessBundle(SessionRecord.Empty, client.Device.Identity, ReadBundle(await client.BundleAsync(device)));
        var encrypted = SessionCipher.Encrypt(session, client.Device.Identity, MessagePadding.Pad(Google.Protobuf.MessageExtensions.ToByteArray(content)));
        client.Device.Sessions[device] = encrypted.Next;
        return new Node("enc", [("v", "2"), ("type", encrypted.Type == CiphertextType.PkMsg ? "pkmsg" : "msg")], (ReadOnlyMemory<byte>)encrypted.Ciphertext);
    }

    /// <summary>Sends a text to all devices usync names, or to those given; gives the server's ack.</summary>
    public static async Task<Node> SendTextAsync(this ScriptedClient client, Jid to, string text, string? id = null, IReadOnlyList<Jid>? devices = null)
    {
        var self = to.IsLid ? client.Device.Lid : client.Device.Jid;
        devices ??= await client.DevicesAsync(to, self.ToAccount());
        var message = new Message { Conversation = text };
        var sent = new Message { DeviceSentMessage = new() { DestinationJid = to.ToString(), Message = message } };
        var targets = new List<Node>();
        foreach (var device in devices.Where(device => device != self))
            targets.Add(new Node("to", [("jid", device.ToString())], [await client.EncryptAsync(device, device.IsSameAccount(self) ? sent : message)]));
        id ??= Guid.NewGuid().ToString("N").ToUpperInvariant();
        await client.SendAsync(new Node("message", [("id", id), ("to", to.ToString()), ("type", "text")],
            [new Node("participants", [], targets), Leaf("device-identity", client.Device.SignedIdentity!)]));
        return await client.ReceiveAsync(node => node.Tag == "ack" && node["id"] == id);
    }

    /// <summary>Decrypts a message's only enc.</summary>
    public static Message Open(this ScriptedClient client, Node message)
    {
        var device = client.Device;
        var from = Jid.Parse(message["from"]!);
        var enc = message.Child("enc")!;
        var record = device.Sessions.GetValueOrDefault(from, SessionRecord.Empty);
        var opened = enc["type"] == "pkmsg"
            ? SessionCipher.DecryptPreKeyMessage(record, device.Identity, enc.Bytes!.Value.Span, id => id == device.Signed.Id ? device.Signed : null, id => device.OneTime.GetValueOrDefault(id))
            : SessionCipher.DecryptMessage(record, device.Identity, enc.Bytes!.Value.Span);
        device.Sessions[from] = opened.Next;
        if (opened.UsedPreKeyId is { } used)
            device.OneTime.Remove(used);
        return Message.Parser.ParseFrom(MessagePadding.Unpad(opened.Plaintext));
    }

    /// <summary>The next message whose content is a text, opened; others are opened and confirmed too.</summary>
    public static async Task<(Node Stanza, Message Content)> ReceiveTextAsync(this ScriptedClient client, bool confirm = true)
    {
        while (true)
        {
            var stanza = await client.ReceiveAsync("message");
            var content = client.Open(stanza);
            var inner = content.DeviceSentMessage?.Message ?? content;
            if (confirm || !inner.HasConversation)
                await client.ConfirmAsync(stanza);
            if (inner.HasConversation)
                return (stanza, content);
        }
    }

    public static Task ConfirmAsync(this ScriptedClient client, Node message, string? type = null) =>
        client.SendAsync(new Node("receipt", ("id", message["id"]), ("to", message["from"]), ("type", message["category"] == "peer" ? "peer_msg" : type)));

    public static PreKeyBundle ReadBundle(Node user) => new(
        Number(user.Child("registration")!), user.Child("identity")!.Bytes!.Value.ToArray(),
        Number(user.Child("skey")!.Child("id")!), user.Child("skey")!.Child("value")!.Bytes!.Value.ToArray(), user.Child("skey")!.Child("signature")!.Bytes!.Value.ToArray(),
        user.Child("key") is { } key ? Number(key.Child("id")!) : null, user.Child("key")?.Child("value")!.Bytes!.Value.ToArray());

    public static Node Leaf(string tag, byte[] bytes) => new(tag, [], (ReadOnlyMemory<byte>)bytes);

    public static byte[] Id(uint id) => [(byte)(id >> 16), (byte)(id >> 8), (byte)id];

    private static uint Number(Node node) => node.Bytes!.Value.ToArray().Aggregate(0u, (value, b) => (value << 8) | b);
}
