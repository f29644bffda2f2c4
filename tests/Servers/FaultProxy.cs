using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace WhatsApp.Servers;

/// <summary>What a <see cref="FaultProxy"/> does with its connections.</summary>
public enum Link
{
    /// <summary>Passes everything on.</summary>
    Whole,
    /// <summary>Takes connections, keeps those it has, and passes nothing on: nobody is told that the network is gone.</summary>
    BlackHole,
    /// <summary>Resets connections, those it has and new ones.</summary>
    Cut,
}

/// <summary>A cable of loopback TCP that can be cut: stands between one process and a server.</summary>
public sealed class FaultProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly int _target;
    private readonly ConcurrentDictionary<Socket, byte> _sockets = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _accepting;
    private volatile TaskCompletionSource _whole = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile Link _link;

    private FaultProxy(int target)
    {
        _target = target;
        _whole.SetResult();
        _listener.Start();
        _accepting = AcceptAsync();
    }

    /// <summary>Where it listens on 127.0.0.1.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Each piece of data waits so long before it goes on.</summary>
    public TimeSpan Delay { get; set; }

    /// <summary>Starts one in front of this port of 127.0.0.1.</summary>
    public static FaultProxy Start(int target) => new(target);

    /// <summary>Changes what happens from now on. What a black hole has swallowed goes on when it is whole again.</summary>
    public void Set(Link link)
    {
        _link = link;
        if (link == Link.BlackHole)
            _whole = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        else
            _whole.TrySetResult();
        if (link == Link.Cut)
            foreach (var (socket, _) in _sockets)
                Reset(socket);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        _whole.TrySetResult();
        foreach (var (socket, _) in _sockets)
            Reset(socket);
        await _accepting;
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = JoinAsync(await _listener.AcceptSocketAsync(_end.Token));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The end.
        }
    }

    private async Task JoinAsync(Socket near)
    {
        using var far = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        near.NoDelay = true;
        _sockets[near] = _sockets[far] = 0;
        try
        {
            if (_link == Link.Cut)
                return;
            await _whole.Task;
            await far.ConnectAsync(IPAddress.Loopback, _target, _end.Token);
            await Task.WhenAny(PassAsync(near, far), PassAsync(far, near));
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The server is away: so is this.
        }
        finally
        {
            foreach (var socket in (Socket[])[near, far])
            {
                _sockets.TryRemove(socket, out _);
                Reset(socket);
            }
        }
    }

    private async Task PassAsync(Socket from, Socket to)
    {
        var buffer = new byte[16 * 1024];
        try
        {
            while (await from.ReceiveAsync(buffer, _end.Token) is > 0 and var count)
            {
                if (Delay > TimeSpan.Zero)
                    await Task.Delay(Delay, _end.Token);
                await _whole.Task;
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _end.Token);
            }
        }
        catch (Exception error) when (error is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Both sides end together.
        }
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception error) when (error is SocketException or ObjectDisposedException)
        {
            // Closed already.
        }
        socket.Dispose();
    }
}
