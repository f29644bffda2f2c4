using System.Buffers;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Threading.Channels;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Noise;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox;

namespace WhatsApp.Protocol.Tests.Sandbox;

/// <summary>Keys and addresses of a scripted companion, kept over its connections.</summary>
internal sealed class ScriptedDevice
{
    public KeyPair Noise { get; init; } = KeyPair.Generate();
    public LocalIdentity Identity { get; } = new(KeyPair.Generate(), PreKeys.NewRegistrationId());
    public SignedPreKey Signed { get; }
    public byte[] AdvSecret { get; } = RandomNumberGenerator.GetBytes(32);
    public Dictionary<uint, PreKey> OneTime { get; } = [];
    public Dictionary<Jid, SessionRecord> Sessions { get; } = [];
    public Jid Jid { get; set; }
    public Jid Lid { get; set; }
    public byte[]? SignedIdentity { get; set; }
    public byte Dictionary { get; init; } = 3;

    public ScriptedDevice() => Signed = PreKeys.NewSigned(1, Identity.IdentityKey);

    public ScriptedDevice WithNoise(KeyPair noise) => new() { Noise = noise, Jid = Jid, Lid = Lid, SignedIdentity = SignedIdentity };
}

/// <summary>One connection of a scripted companion: the raw protocol, no policy. What the server sends waits in a channel.</summary>
internal sealed class ScriptedClient : IAsyncDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly FrameBuffer _frames = new();
    private readonly Channel<Node> _received = Channel.CreateUnbounded<Node>();
    private readonly List<Node> _skipped = [];
    private readonly TokenDictionary _dictionary;
    private NoiseTransport? _transport;
    private Task _reading = Task.CompletedTask;

    private ScriptedClient(ScriptedDevice device)
    {
        Device = device;
        _dictionary = device.Dictionary == 2 ? TokenDictionary.Version2 : TokenDictionary.Version3;
    }

    public ScriptedDevice Device { get; }
    public byte[]? ServerStatic { get; private set; }
    public bool FellBack { get; private set; }
    /// <summary>Completes when the server closed the socket.</summary>
    public Task Closed => _reading;

    public static Task<ScriptedClient> RegisterAsync(SandboxNetwork network, ScriptedDevice device)
    {
        var options = new DeviceOptions();
        return ConnectAsync(network, device, RegistrationPayload.Encode(options, device.Identity, device.Signed));
    }

    public static Task<ScriptedClient> LoginAsync(SandboxNetwork network, ScriptedDevice device, bool passive = false, byte[]? serverStatic = null, byte[]? routingInfo = null) =>
        ConnectAsync(network, device, new ClientPayload
        {
            Username = ulong.Parse(device.Jid.User, System.Globalization.CultureInfo.InvariantCulture),
            Device = (uint)device.Jid.Device,
            Passive = passive,
            Pull = true,
        }.ToByteArray(), serverStatic, routingInfo);

    public static async Task<ScriptedClient> ConnectAsync(SandboxNetwork network, ScriptedDevice device, byte[] payload, byte[]? serverStatic = null, byte[]? routingInfo = null)
    {
        var client = new ScriptedClient(device);
        await client._socket.ConnectAsync(network.SocketUrl, TestContext.Current.CancellationToken);
        var handshake = new ClientHandshake(device.Noise, KeyPair.Generate(), device.Dictionary, payload, new CertificateValidator(network.RootKey, TimeProvider.System), serverStatic);
        var hello = new ArrayBufferWriter<byte>();
        hello.Write(Prologue.Write(device.Dictionary, routingInfo ?? []));
        FrameBuffer.Write(handshake.Start(), hello);
        await client.SendRawAsync(hello.WrittenMemory);
        while (!client._frames.TryRead(out var answer) || !client.Finish(handshake, answer))
            if (!await client.FillAsync())
                throw new IOException("closed in the handshake");
        if (client._finish is { } finish)
        {
            var frame = new ArrayBufferWriter<byte>();
            FrameBuffer.Write(finish, frame);
            await client.SendRawAsync(frame.WrittenMemory);
        }
        client._reading = client.ReadAsync();
        return client;
    }

    private byte[]? _finish;

    private bool Finish(ClientHandshake handshake, Memory<byte> answer)
    {
        _finish = handshake.ReadServerHello(answer.Span);
        _transport = handshake.Transport;
        ServerStatic = handshake.ServerStatic;
        FellBack = handshake.FellBack;
        return true;
    }

    public Task SendRawAsync(ReadOnlyMemory<byte> bytes) => _socket.SendAsync(bytes, WebSocketMessageType.Binary, true, TestContext.Current.CancellationToken).AsTask();

    public Task SendAsync(Node stanza) => SendPlainAsync(NodeWriter.ToArray(stanza, _dictionary));

    /// <summary>An authenticated frame with any content.</summary>
    public Task SendPlainAsync(byte[] plaintext)
    {
        var frame = new ArrayBufferWriter<byte>();
        _transport!.EncryptFrame(plaintext, frame);
        return SendRawAsync(frame.WrittenMemory);
    }

    /// <summary>The same, one WebSocket message per byte, with a text message before.</summary>
    public async Task SendPlainInPiecesAsync(byte[] plaintext)
    {
        var frame = new ArrayBufferWriter<byte>();
        _transport!.EncryptFrame(plaintext, frame);
        await _socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, TestContext.Current.CancellationToken);
        for (var i = 0; i < frame.WrittenCount; i++)
            await SendRawAsync(frame.WrittenMemory.Slice(i, 1));
    }

    /// <summary>The next stanza that fits; earlier ones are kept for later calls.</summary>
    public async Task<Node> ReceiveAsync(Func<Node, bool> fits)
    {
        var known = _skipped.FindIndex(node => fits(node));
        if (known >= 0)
        {
            var node = _skipped[known];
            _skipped.RemoveAt(known);
            return node;
        }
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(15));
        while (true)
        {
            Node node;
            try
            {
                node = await _received.Reader.ReadAsync(limit.Token);
            }
            catch (OperationCanceledException late)
            {
                throw new TimeoutException("nothing fits; got " + string.Join(" ", _skipped), late);
            }
            if (fits(node))
                return node;
            _skipped.Add(node);
        }
    }

    public Task<Node> ReceiveAsync(string tag) => ReceiveAsync(node => node.Tag == tag);

    /// <summary>Stanzas that are here now and were not asked for.</summary>
    public IReadOnlyList<Node> Pending()
    {
        while (_received.Reader.TryRead(out var node))
            _skipped.Add(node);
        return _skipped;
    }

    /// <summary>Sends an iq and gives its answer.</summary>
    public async Task<Node> AskAsync(string type, string xmlns, params IReadOnlyList<Node> children)
    {
        var id = Guid.NewGuid().ToString("N");
        await SendAsync(new Node("iq", [("id", id), ("to", Jid.PhoneServer), ("type", type), ("xmlns", xmlns)], children));
        return await ReceiveAsync(node => node.Tag == "iq" && node["id"] == id);
    }

    private async Task<bool> FillAsync()
    {
        var buffer = new byte[16384];
        var read = await _socket.ReceiveAsync(buffer.AsMemory(), TestContext.Current.CancellationToken);
        if (read.MessageType == WebSocketMessageType.Close)
            return false;
        _frames.Append(buffer.AsSpan(0, read.Count));
        return true;
    }

    private async Task ReadAsync()
    {
        try
        {
            do
            {
                while (_frames.TryRead(out var payload))
                    _received.Writer.TryWrite(NodeReader.Read(_transport!.Decrypt(payload).Span, _dictionary));
            }
            while (await FillAsync());
            _received.Writer.TryComplete(new IOException("closed by the server"));
        }
        catch (Exception error) when (error is WebSocketException or IOException or OperationCanceledException or NoiseException or ObjectDisposedException)
        {
            _received.Writer.TryComplete(error);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _reading;
        _socket.Dispose();
        _transport?.Dispose();
    }
}
