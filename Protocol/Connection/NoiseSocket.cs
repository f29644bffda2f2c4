using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Noise;

namespace WhatsApp.Protocol.Connection;

/// <summary>What a connection is made with.</summary>
/// <param name="Url">ws:// or wss://.</param>
/// <param name="Trust">Extra certificates; null = the system's only.</param>
/// <param name="Roots">Checks the server's Noise certificates.</param>
/// <param name="NoiseKey">The device's long-lived noise key.</param>
/// <param name="Payload">Encoded ClientPayload.</param>
/// <param name="RoutingInfo">Edge routing info for the prologue; empty = none.</param>
/// <param name="KnownServerStatic">Server static key for IK; null = XX.</param>
internal sealed record ConnectRequest(
    Uri Url, ExtraTrust? Trust, CertificateValidator Roots, KeyPair NoiseKey, ReadOnlyMemory<byte> Payload, ReadOnlyMemory<byte> RoutingInfo, byte[]? KnownServerStatic)
{
    /// <summary>Opens the stream to a host and port; null = a TCP connection of our own.</summary>
    public Func<string, int, CancellationToken, ValueTask<Stream>>? Dial { get; init; }

    /// <summary>Time for TCP, TLS and the WebSocket, and again for the Noise handshake (wire/01 §1).</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
}

/// <summary>
/// A WebSocket with the Noise transport on it: stanzas in and out. Reading and writing may go on at the same time, each by one caller.
/// </summary>
internal sealed class NoiseSocket : IDisposable
{
    private const int ChunkSize = 4096;
    private const byte DictionaryVersion = 3;
    private static readonly TokenDictionary Dictionary = TokenDictionary.Version3;

    private readonly WebSocket _socket;
    private readonly FrameBuffer _frames = new();
    private NoiseTransport? _transport;

    private NoiseSocket(WebSocket socket) => _socket = socket;

    /// <summary>The server's static key, 32 bytes.</summary>
    public byte[] ServerStatic { get; private set; } = [];

    /// <summary>Connects and shakes hands.</summary>
    /// <exception cref="ConnectFailedException">With the reason.</exception>
    /// <exception cref="OperationCanceledException">The owner gave up.</exception>
    public static async Task<NoiseSocket> ConnectAsync(ConnectRequest request, TimeProvider time, CancellationToken cancellationToken)
    {
        var socket = await LimitAsync(EndKind.ConnectFailed, time,
            limit => ServerSocket.ConnectAsync(WithRouting(request), request.Trust, request.Dial, limit), cancellationToken).ConfigureAwait(false);
        var noise = new NoiseSocket(socket);
        try
        {
            await LimitAsync(EndKind.HandshakeFailed, time, limit => noise.ShakeHandsAsync(request, limit), cancellationToken).ConfigureAwait(false);
            return noise;
        }
        catch
        {
            noise.Dispose();
            throw;
        }
    }

    /// <summary>Encrypts and writes one stanza.</summary>
    public ValueTask WriteAsync(Node stanza) => SendAndReturnAsync(Encrypt(stanza), CancellationToken.None);

    /// <summary>Waits for bytes. False = the server closed.</summary>
    /// <remarks>While nothing comes, no buffer is held: the wait is a zero-byte read.</remarks>
    /// <exception cref="WebSocketException">The connection broke.</exception>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        var nothing = await _socket.ReceiveAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
        if (nothing.MessageType == WebSocketMessageType.Close)
            return false;
        var chunk = ArrayPool<byte>.Shared.Rent(ChunkSize);
        try
        {
            var got = await _socket.ReceiveAsync(chunk.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (got.MessageType == WebSocketMessageType.Binary)
                _frames.Append(chunk.AsSpan(0, got.Count));
            return got.MessageType != WebSocketMessageType.Close;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(chunk);
        }
    }

    /// <summary>Takes the next whole stanza of what was received; null = there is none yet.</summary>
    /// <exception cref="NoiseException">The frame does not authenticate.</exception>
    /// <exception cref="MalformedNodeException">The plaintext is not a stanza.</exception>
    public Node? TryRead()
    {
        if (!_frames.TryRead(out var payload))
            return null;
        var plain = _transport!.Decrypt(payload).Span;
        return NodeReader.IsStreamEnd(plain) ? new Node("xmlstreamend") : NodeReader.Read(plain, Dictionary);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _socket.Dispose();
        _transport?.Dispose();
    }

    private PooledBuffer Encrypt(Node stanza)
    {
        using var plain = new PooledBuffer();
        NodeWriter.Write(stanza, Dictionary, plain);
        var frame = new PooledBuffer(plain.Length + 32);
        _transport!.EncryptFrame(plain.Written.Span, frame);
        return frame;
    }

    private async ValueTask SendAndReturnAsync(PooledBuffer frame, CancellationToken cancellationToken)
    {
        using (frame)
            await _socket.SendAsync(frame.Written, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
    }

    // Prologue and client hello go in one message; IK is answered by one hello, XX wants a finish (wire/01 §2.1, §3).
    private async Task<bool> ShakeHandsAsync(ConnectRequest request, CancellationToken cancellationToken)
    {
        var handshake = new ClientHandshake(request.NoiseKey, KeyPair.Generate(), DictionaryVersion, request.Payload, request.Roots, request.KnownServerStatic);
        var hello = new PooledBuffer();
        hello.Write(Prologue.Write(DictionaryVersion, request.RoutingInfo.Span));
        FrameBuffer.Write(handshake.Start(), hello);
        await SendAndReturnAsync(hello, cancellationToken).ConfigureAwait(false);

        byte[]? finish;
        while (true)
        {
            if (_frames.TryRead(out var answer))
            {
                finish = handshake.ReadServerHello(answer.Span);
                break;
            }
            if (!await FillAsync(cancellationToken).ConfigureAwait(false))
                throw new NoiseException("the server closed during the handshake");
        }
        if (finish is not null)
        {
            var framed = new PooledBuffer();
            FrameBuffer.Write(finish, framed);
            await SendAndReturnAsync(framed, cancellationToken).ConfigureAwait(false);
        }
        ServerStatic = handshake.ServerStatic;
        _transport = handshake.Transport;
        return true;
    }

    private static Uri WithRouting(ConnectRequest request)
    {
        if (request.RoutingInfo.IsEmpty)
            return request.Url;
        var routed = new UriBuilder(request.Url);
        var info = System.Buffers.Text.Base64Url.EncodeToString(request.RoutingInfo.Span);
        routed.Query = new StringBuilder(routed.Query.TrimStart('?')).Append(routed.Query.Length > 1 ? "&" : "").Append("ED=").Append(info).ToString();
        return routed.Uri;
    }

    private static async Task<T> LimitAsync<T>(EndKind kind, TimeProvider time, Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(ConnectRequest.Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await work(both.Token).ConfigureAwait(false);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            var detail = error switch
            {
                _ when patience.IsCancellationRequested => "timeout",
                CertificateRejectedException => "certificate-rejected",
                NoiseException => "handshake-failed",
                UpgradeRefusedException => "upgrade-refused",
                ProxyFailedException => "proxy-error",
                System.Security.Authentication.AuthenticationException => "tls-refused",
                _ => "network",
            };
            throw new ConnectFailedException(new ConnectionEnd(kind, Detail: detail) { Cause = error });
        }
    }
}
