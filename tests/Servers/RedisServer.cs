using System.Globalization;

namespace WhatsApp.Servers;

/// <summary>A throw-away Redis on a free loopback port, keeping nothing on disk.</summary>
public sealed class RedisServer : IAsyncDisposable
{
    private ServerProcess _process = null!;

    private RedisServer(int port) => Port = port;

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>host:port.</summary>
    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Starts one.</summary>
    public static async Task<RedisServer> StartAsync()
    {
        var server = new RedisServer(FreePort.Next());
        await server.RestartAsync();
        return server;
    }

    /// <summary>Starts it again, empty, on the same port.</summary>
    public async Task RestartAsync() => _process = await ServerProcess.StartAsync(
        ["redis-server", "--bind", "127.0.0.1", "--port", Port.ToString(CultureInfo.InvariantCulture), "--save", "", "--appendonly", "no"], "Ready to accept connections");

    /// <summary>Ends it.</summary>
    public Task StopAsync() => _process.StopAsync("KILL");

    /// <summary>Forgets everything.</summary>
    public Task FlushAsync() => ServerProcess.RunAsync("redis-cli", "-p", Port.ToString(CultureInfo.InvariantCulture), "FLUSHALL");

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
