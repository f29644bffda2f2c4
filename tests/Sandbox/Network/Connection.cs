using System.Buffers;
using System.Net.WebSockets;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Noise;
using WhatsApp.Protocol.Schema;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Network;

/// <summary>
/// One socket from accept to close: handshake, then frames in and out. Stanzas are handled one after the other on the reading
/// side, so a flood slows its own sender only.
/// </summary>
internal sealed class Connection(WebSocket socket, SandboxServer server) : IStanzaLink
{
    private const int ReadSize = 8192;
    private readonly ServerHello _hello = new(server.Keys);
    private OutgoingQueue? _outgoing;
    private NoiseTransport? _transport;
    private IStanzaHandler? _handler;
    private int _closing;
    private Task? _close;
    private long _lastHeard = server.Options.Time.GetTimestamp();

    /// <summary>Time since the last byte from the client.</summary>
    public TimeSpan Silence => server.Options.Time.GetElapsedTime(Volatile.Read(ref _lastHeard));

    /// <summary>Logged in.</summary>
    public bool IsOpen => _handler is LoginHandler;

    /// <inheritdoc/>
    public void Send(Node stanza) => _outgoing?.Send(stanza);

    /// <inheritdoc/>
    public void Close(Node? lastWord)
    {
        if (Interlocked.Exchange(ref _closing, 1) != 0)
            return;
        if (lastWord is not null)
            _outgoing?.Send(lastWord);
        _close = CloseSoonAsync();
    }

    /// <inheritdoc/>
    public void Cut()
    {
        Interlocked.Exchange(ref _closing, 1);
        socket.Abort();
    }

    /// <summary>Serves the connection until it ends, for whatever reason.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        server.Connections.Add(this);
        try
        {
            using var handshakeLimit = CancellationTokenSource.CreateLinkedTokenSource(stop);
            handshakeLimit.CancelAfter(server.Options.HandshakeTimeout);
            if (await ReadAsync(until: () => _handler is not null, handshakeLimit.Token))
                await ReadAsync(until: static () => false, stop);
        }
        catch (Exception error) when (error is NoiseException or MalformedNodeException or InvalidProtocolBufferException)
        {
            server.Stats.MalformedFrame();
            Close(error is MalformedNodeException ? new Node("stream:error", [], [new Node("xml-not-well-formed")]) : null);
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The client is gone or too slow: nothing to answer.
        }
        finally
        {
            server.Connections.Remove(this);
            _handler?.Disconnected();
            await (_close ?? CloseSocketAsync());
            _transport?.Dispose();
        }
    }

    /// <summary>Reads until the condition holds (true) or the client closed (false).</summary>
    private async Task<bool> ReadAsync(Func<bool> until, CancellationToken cancellationToken)
    {
        while (!until())
        {
            // An empty read waits without holding a buffer: thousands of idle connections cost none.
            await socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken);
            var buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
            try
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken);
                if (read.MessageType == WebSocketMessageType.Close)
                    return false;
                if (read.MessageType == WebSocketMessageType.Binary)
                    await ReceiveAsync(buffer.AsMemory(0, read.Count));
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        return true;
    }

    private async ValueTask ReceiveAsync(ReadOnlyMemory<byte> bytes)
    {
        Volatile.Write(ref _lastHeard, server.Options.Time.GetTimestamp());
        if (_handler is null)
        {
            _hello.Append(bytes.Span);
            while (_hello.Advance(out var answer))
            {
                if (server.Faults.Take(FaultKind.Drop, null, 0, fault => fault.Phase == ConnectionPhase.Handshake) is { } drop)
                {
                    await Task.Delay(TimeSpan.FromMilliseconds(drop.Ms ?? 0), server.Options.Time);
                    Cut();
                    return;
                }
                if (answer is not null)
                    await SendRawAsync(answer);
                if (_hello.Completed is { } completed)
                    Begin(completed);
            }
        }
        else
        {
            _hello.Frames.Append(bytes.Span);
        }
        while (_handler is not null && _hello.Frames.TryRead(out var payload))
        {
            var stanza = NodeReader.Read(_transport!.Decrypt(payload).Span, _hello.Dictionary);
            if (Volatile.Read(ref _closing) == 0)
                _handler.Handle(stanza);
        }
    }

    /// <summary>The handshake is done: registration or login (wire/01 §4.3).</summary>
    private void Begin(ServerHandshake completed)
    {
        _transport = completed.Transport;
        _outgoing = new OutgoingQueue(socket, _transport, _hello.Dictionary, server.Options, server.Faults, Cut);
        var payload = ClientPayload.Parser.ParseFrom(completed.ClientPayload);
        if (payload.DevicePairingData is { } registration)
        {
            _handler = server.Pairing.Begin(this, completed.ClientStatic, registration);
            return;
        }
        var login = new LoginHandler(server, this);
        _handler = login;
        if (login.Begin(payload, completed.ClientStatic) is { } device)
            _outgoing.Owner = device;
    }

    private async Task SendRawAsync(byte[] message)
    {
        var frame = new ArrayBufferWriter<byte>(message.Length + 3);
        FrameBuffer.Write(message, frame);
        await socket.SendAsync(frame.WrittenMemory, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
    }

    private async Task CloseSoonAsync()
    {
        if (_outgoing is not null)
            await Task.WhenAny(_outgoing.Stop(), Task.Delay(TimeSpan.FromSeconds(5), server.Options.Time));
        await Task.Delay(server.Options.CloseGrace, server.Options.Time);
        await CloseSocketAsync();
        // A client that does not answer the close must not keep its socket.
        if (server.Connections.Contains(this))
            await Task.Delay(server.Options.CloseGrace, server.Options.Time);
        socket.Abort();
    }

    private async Task CloseSocketAsync()
    {
        try
        {
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(2), server.Options.Time);
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, limit.Token);
            }
        }
        catch (Exception error) when (error is WebSocketException or OperationCanceledException or IOException or ObjectDisposedException or InvalidOperationException)
        {
            socket.Abort();
        }
    }
}
