using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Noise;

namespace WhatsApp.Protocol.Connection;

/// <summary>
/// One live connection: reads stanzas outside the owner's scheduler, resolves answers itself and hands the rest on, one after the other.
/// It ends exactly once, with a reason.
/// </summary>
/// <remarks>Thread-safe. Nothing here touches keys of messages or the store.</remarks>
internal sealed partial class DeviceConnection : IStanzaLine, IAsyncDisposable
{
    /// <summary>A write that takes longer ends the connection.</summary>
    public static readonly TimeSpan WriteDeadline = TimeSpan.FromSeconds(20);

    private readonly NoiseSocket _socket;
    private readonly TimeProvider _time;
    private readonly Func<DeviceConnection, Node, CancellationToken, ValueTask> _deliver;
    private readonly StanzaIds _ids = new();
    private readonly (string Tag, string? Id, string? Type)[] _lastSent = new (string, string?, string?)[4];
    private readonly PendingAnswers _queries = new();
    private readonly PendingAnswers _messageAcks = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly CancellationTokenSource _closing = new();
    private readonly TaskCompletionSource<ConnectionEnd> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastInbound;
    private Task _reading = Task.CompletedTask;
    private Task _answeringPing = Task.CompletedTask;
    private volatile bool _delivering;
    private int _sent;

    private DeviceConnection(NoiseSocket socket, TimeProvider time, Func<DeviceConnection, Node, CancellationToken, ValueTask> deliver)
    {
        _socket = socket;
        _time = time;
        _deliver = deliver;
        Closed = _closing.Token;
        _lastInbound = time.GetUtcNow().UtcTicks;
    }

    /// <summary>Completes with the reason when the connection is over. Never faults.</summary>
    public Task<ConnectionEnd> Ended => _ended.Task;

    /// <summary>Cancelled when the connection is over.</summary>
    public CancellationToken Closed { get; }

    /// <summary>The server's static key, to be kept for IK.</summary>
    public byte[] ServerStatic => _socket.ServerStatic;

    /// <summary>The stanzas sent last, by tag, id and type: for the log when the server cannot parse one.</summary>
    public string LastSent => string.Join(", ", _lastSent.Where(sent => sent.Tag is not null).Select(sent => $"{sent.Tag} {sent.Id} {sent.Type}"));

    /// <summary>When the last frame that authenticated came in.</summary>
    public DateTimeOffset LastInbound => new(Interlocked.Read(ref _lastInbound), TimeSpan.Zero);

    /// <summary>Connects and shakes hands. Nothing is read before <see cref="Start"/>.</summary>
    /// <param name="request">Where and with what.</param>
    /// <param name="time">Clock of all deadlines.</param>
    /// <param name="deliver">Takes the stanzas that are not answers, in order; reading waits for it.</param>
    /// <param name="cancellationToken">Gives up connecting.</param>
    /// <exception cref="ConnectFailedException">With the reason.</exception>
    public static async Task<DeviceConnection> OpenAsync(
        ConnectRequest request, TimeProvider time, Func<DeviceConnection, Node, CancellationToken, ValueTask> deliver, CancellationToken cancellationToken)
    {
        var socket = await NoiseSocket.ConnectAsync(request, time, cancellationToken).ConfigureAwait(false);
        return new DeviceConnection(socket, time, deliver);
    }

    /// <summary>Starts reading.</summary>
    public void Start() => _reading = Task.Run(ReadAsync, CancellationToken.None);

    /// <summary>Ends the connection for this reason, unless it is over already. Does not wait.</summary>
    public void End(ConnectionEnd end)
    {
        if (!_ended.TrySetResult(end))
            return;
        _queries.EndAll(end);
        _messageAcks.EndAll(end);
        _closing.Cancel();
    }

    /// <summary>Sends an iq and waits for its answer; adds an id when there is none.</summary>
    /// <exception cref="IqErrorException">The server answered with an error.</exception>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    public async Task<Node> QueryAsync(Node iq, TimeSpan patience, CancellationToken cancellationToken)
    {
        var id = iq["id"] ?? NewId();
        var answer = _queries.Expect(id);
        try
        {
            await SendAsync(iq["id"] is null ? WithId(iq, id) : iq).ConfigureAwait(false);
            var result = await answer.WaitAsync(patience, _time, cancellationToken).ConfigureAwait(false);
            return result["type"] == "error" ? throw ErrorOf(result) : result;
        }
        finally
        {
            _queries.Abandon(id);
        }
    }

    /// <summary>The server's ack of a message. Call before sending it.</summary>
    public async Task<Node> ExpectMessageAckAsync(string messageId, CancellationToken cancellationToken)
    {
        var answer = _messageAcks.Expect(messageId);
        try
        {
            return await answer.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _messageAcks.Abandon(messageId);
        }
    }

    /// <summary>Sends one stanza; stanzas leave in the order of the calls.</summary>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    public async Task SendAsync(Node stanza)
    {
        try
        {
            await _writing.WaitAsync(Closed).ConfigureAwait(false);
            try
            {
                await WriteAsync(stanza).ConfigureAwait(false);
            }
            finally
            {
                _writing.Release();
            }
        }
        catch (OperationCanceledException)
        {
            throw new LinkClosedException("the connection is over");
        }
    }

    /// <summary>An id for a stanza of this connection.</summary>
    public string NewId() => _ids.Next();

    /// <summary>Closes the socket and waits until nothing of this connection runs any more.</summary>
    public async ValueTask DisposeAsync()
    {
        End(new ConnectionEnd(EndKind.Stop));
        await _reading.ConfigureAwait(false);
        _socket.Dispose();
        _closing.Dispose();
    }

    private async Task WriteAsync(Node stanza)
    {
        Closed.ThrowIfCancellationRequested();
        _lastSent[_sent++ % _lastSent.Length] = (stanza.Tag, stanza["id"], stanza["type"]);
        try
        {
            var write = _socket.WriteAsync(stanza);
            if (!write.IsCompletedSuccessfully)
                await write.AsTask().WaitAsync(WriteDeadline, _time, Closed).ConfigureAwait(false);
        }
        catch (TimeoutException error)
        {
            // The frame is half out: this connection cannot be used any more.
            End(new ConnectionEnd(EndKind.WriteTimeout) { Cause = error });
            throw new LinkClosedException("the connection did not take the stanza in time");
        }
        catch (Exception error) when (IsBroken(error))
        {
            End(new ConnectionEnd(EndKind.SocketClosed, Detail: "write-failed") { Cause = error });
            throw new LinkClosedException("the connection broke");
        }
    }

    private static bool IsBroken(Exception error) =>
        error is System.Net.WebSockets.WebSocketException or Noise.NoiseException or IOException or ObjectDisposedException or InvalidOperationException or System.Net.Sockets.SocketException;

    private static Node WithId(Node iq, string id)
    {
        (string, string?)[] attributes = [("id", id), .. iq.Attributes];
        if (iq.Bytes is { } bytes)
            return new Node(iq.Tag, attributes, bytes);
        return iq.HasChildList ? new Node(iq.Tag, attributes, iq.Children) : new Node(iq.Tag, attributes);
    }

    private static IqErrorException ErrorOf(Node answer)
    {
        var error = answer.Child("error");
        _ = int.TryParse(error?["code"], System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var code);
        return new IqErrorException(code, error?["text"]);
    }
}
