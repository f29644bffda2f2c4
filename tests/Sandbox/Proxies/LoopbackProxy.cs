using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace WhatsApp.Sandbox.Proxies;

/// <summary>A proxy on loopback that speaks HTTP CONNECT and SOCKS5 on one port, with or without user and password, and counts where it was asked to go.</summary>
public sealed class LoopbackProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _targets = new();
    private readonly ConcurrentQueue<string> _complaints = new();
    private readonly string? _user;
    private readonly string? _password;
    private readonly Task _serving;

    /// <param name="user">Null = everybody may use it.</param>
    /// <param name="password">Of the user.</param>
    public LoopbackProxy(string? user = null, string? password = null)
    {
        (_user, _password) = (user, password);
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>Its port.</summary>
    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Tunnels opened, host:port.</summary>
    public IReadOnlyList<string> Targets => [.. _targets];

    /// <summary>Why tunnels were refused or broke.</summary>
    public IReadOnlyList<string> Complaints => [.. _complaints];

    /// <summary>Its address, with user and password when it wants them.</summary>
    public string Url(string scheme) => string.Create(CultureInfo.InvariantCulture, $"{scheme}://{(_user is null ? "" : $"{_user}:{_password}@")}127.0.0.1:{Port}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        while (!_stop.IsCancellationRequested)
            try
            {
                _ = TunnelAsync(await _listener.AcceptTcpClientAsync(_stop.Token));
            }
            catch (Exception end) when (end is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
    }

    private async Task TunnelAsync(TcpClient client)
    {
        using var owned = client;
        try
        {
            var stream = client.GetStream();
            var first = await ReadAsync(stream, 1);
            var target = first[0] == 5 ? await SocksAsync(stream) : await ConnectAsync(stream, first[0]);
            if (target is not var (host, port))
                return;
            using var server = new TcpClient();
            await server.ConnectAsync(host, port, _stop.Token);
            _targets.Enqueue(string.Create(CultureInfo.InvariantCulture, $"{host}:{port}"));
            await stream.WriteAsync(first[0] == 5 ? [5, 0, 0, 1, 127, 0, 0, 1, 0, 0] : "HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray(), _stop.Token);
            var there = server.GetStream();
            await Task.WhenAny(stream.CopyToAsync(there, _stop.Token), there.CopyToAsync(stream, _stop.Token));
        }
        catch (Exception problem) when (problem is IOException or SocketException or OperationCanceledException or EndOfStreamException)
        {
            _complaints.Enqueue(problem.Message);
        }
    }

    private async Task<(string Host, int Port)?> ConnectAsync(NetworkStream stream, byte first)
    {
        var head = new List<byte> { first };
        while (head is not [.., (byte)'\r', (byte)'\n', (byte)'\r', (byte)'\n'])
            head.Add((await ReadAsync(stream, 1))[0]);
        var lines = Encoding.ASCII.GetString([.. head]).Split("\r\n");
        var expected = "Proxy-Authorization: Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{_user}:{_password}"));
        if (_user is not null && !lines.Contains(expected))
        {
            _complaints.Enqueue("407");
            await stream.WriteAsync("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n"u8.ToArray(), _stop.Token);
            return null;
        }
        var target = lines[0].Split(' ')[1];
        var colon = target.LastIndexOf(':');
        return (target[..colon], int.Parse(target[(colon + 1)..], CultureInfo.InvariantCulture));
    }

    private async Task<(string Host, int Port)?> SocksAsync(NetworkStream stream)
    {
        var methods = await ReadAsync(stream, (await ReadAsync(stream, 1))[0]);
        var method = (byte)(_user is null ? 0 : 2);
        await stream.WriteAsync(new byte[] { 5, methods.Contains(method) ? method : (byte)255 }, _stop.Token);
        if (!methods.Contains(method))
            return null;
        if (_user is not null)
        {
            await ReadAsync(stream, 1);
            var user = Encoding.UTF8.GetString(await ReadAsync(stream, (await ReadAsync(stream, 1))[0]));
            var password = Encoding.UTF8.GetString(await ReadAsync(stream, (await ReadAsync(stream, 1))[0]));
            var fits = user == _user && password == _password;
            await stream.WriteAsync(new byte[] { 1, (byte)(fits ? 0 : 1) }, _stop.Token);
            if (!fits)
            {
                _complaints.Enqueue("wrong password");
                return null;
            }
        }
        var request = await ReadAsync(stream, 4);
        var host = request[3] switch
        {
            1 => new IPAddress(await ReadAsync(stream, 4)).ToString(),
            4 => new IPAddress(await ReadAsync(stream, 16)).ToString(),
            _ => Encoding.ASCII.GetString(await ReadAsync(stream, (await ReadAsync(stream, 1))[0])),
        };
        return (host, BinaryPrimitives.ReadUInt16BigEndian(await ReadAsync(stream, 2)));
    }

    private async Task<byte[]> ReadAsync(NetworkStream stream, int count)
    {
        var bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes, _stop.Token);
        return bytes;
    }
}
