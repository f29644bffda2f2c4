using System.Net.WebSockets;
using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox;

namespace WhatsApp.Protocol.Tests.Sandbox;

public sealed class MalformedInputTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;

    public async ValueTask InitializeAsync() => _network = await SandboxNetwork.StartAsync();

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(15)).Token;

    [Theory]
    [InlineData("474554202f")]
    [InlineData("57410603000003ffffff")]
    [InlineData("5741060300000a0102030405060708090a")]
    [InlineData("57410609000001ff")]
    [InlineData("57410603ffffff00")]
    [InlineData("45440001ffffff")]
    public async Task Bytes_that_are_no_handshake_end_the_connection_and_nothing_else(string hex)
    {
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(_network.SocketUrl, Limit);
        await socket.SendAsync(Convert.FromHexString(hex), WebSocketMessageType.Binary, true, Limit);
        if (hex.StartsWith("4544", StringComparison.Ordinal))
            await socket.SendAsync(new byte[8000], WebSocketMessageType.Binary, true, Limit);
        await ClosedAsync(socket);
        await StillServesAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("00f80155")]
    [InlineData("00f8ffff")]
    [InlineData("02789c00")]
    [InlineData("00f802f8fffafa")]
    public async Task A_frame_that_is_no_stanza_gets_xml_not_well_formed_and_a_close(string hex)
    {
        await using var client = await _network.LinkAsync(_network.AddPhone("5511900000001"));
        await client.SendPlainAsync(Convert.FromHexString(hex == "00f80155" ? "00f80355" : hex));
        Assert.NotNull((await client.ReceiveAsync("stream:error")).Child("xml-not-well-formed"));
        await client.Closed;
        await StillServesAsync();
    }

    [Fact]
    public async Task A_frame_that_does_not_authenticate_closes_the_connection()
    {
        await using var client = await _network.LinkAsync(_network.AddPhone("5511900000001"));
        await client.SendRawAsync(new byte[] { 0, 0, 20, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 });
        await client.Closed;
        Assert.Equal(1, _network.Stats.MalformedFrames);
        await StillServesAsync();
    }

    [Fact]
    public async Task Stanzas_without_what_they_need_are_survived()
    {
        await using var client = await _network.LinkAsync(_network.AddPhone("5511900000001"));
        foreach (var stanza in new[]
        {
            new Node("message"), new Node("message", ("id", "1")), new Node("message", ("id", "1"), ("to", "a@b@c")), new Node("receipt"), new Node("ack"),
            new Node("presence", ("type", "subscribe")), new Node("chatstate"), new Node("ib"), new Node("notification"), new Node("unheard-of"),
            new Node("message", [("id", "2"), ("to", "5511900000001@s.whatsapp.net")], [new Node("participants", [], [new Node("to"), new Node("to", ("jid", "x"))])]),
        })
            await client.SendAsync(stanza);
        foreach (var (type, xmlns, child) in new[]
        {
            ("set", "encrypt", new Node("list")), ("get", "encrypt", new Node("key")), ("get", "usync", new Node("usync")), ("set", "w:sync:app:state", new Node("sync")),
            ("get", "encrypt", new Node("key_fetch", [], [new Node("user")])), ("set", "md", new Node("remove-companion-device")),
        })
            Assert.NotNull((await client.AskAsync(type, xmlns, child))["type"]);
        Assert.Equal("result", (await client.AskAsync("get", "w:p"))["type"]);
    }

    [Fact]
    public async Task Text_messages_are_ignored_and_frames_may_be_cut_anywhere()
    {
        var phone = _network.AddPhone("5511900000001");
        await using var client = await _network.LinkAsync(phone);
        var plain = NodeWriter.ToArray(new Node("iq", ("id", "cut"), ("to", Jid.PhoneServer), ("type", "get"), ("xmlns", "w:p")), TokenDictionary.Version3);
        await client.SendPlainInPiecesAsync(plain);
        Assert.Equal("result", (await client.ReceiveAsync(node => node["id"] == "cut"))["type"]);
    }

    [Fact]
    public async Task A_client_that_reconnects_without_pause_is_survived()
    {
        var device = new ScriptedDevice();
        await _network.PairAsync(_network.AddPhone("5511900000001"), device);
        for (var i = 0; i < 100; i++)
            await using (await ScriptedClient.LoginAsync(_network, device)) { }
        await using var client = await ScriptedClient.LoginAsync(_network, device);
        await client.ReceiveAsync("success");
        while (_network.Stats.Connections > 1)
            await Task.Delay(10, Limit);
    }

    private static async Task ClosedAsync(ClientWebSocket socket)
    {
        try
        {
            while ((await socket.ReceiveAsync(new byte[1024].AsMemory(), Limit)).MessageType != WebSocketMessageType.Close) { }
        }
        catch (WebSocketException)
        {
            // Cut: closed as well.
        }
    }

    private async Task StillServesAsync()
    {
        await using var client = await ScriptedClient.RegisterAsync(_network, new ScriptedDevice());
        await client.ReceiveAsync("iq");
    }
}
