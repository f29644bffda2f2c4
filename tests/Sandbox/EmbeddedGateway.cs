using System.Globalization;
using WhatsApp.Gateway;

namespace WhatsApp.Sandbox;

/// <summary>The gateway in embedded mode, wired to a sandbox network. It prints its own address and first key.</summary>
internal sealed class EmbeddedGateway : IAsyncDisposable
{
    private readonly WebApplication _app;

    private EmbeddedGateway(WebApplication app) => _app = app;

    /// <summary>Starts it on 127.0.0.1.</summary>
    /// <exception cref="InvalidOperationException">Bad configuration, in one line.</exception>
    /// <exception cref="IOException">The port is taken.</exception>
    public static async Task<EmbeddedGateway> StartAsync(SandboxNetwork network, CommandLine line, CancellationToken cancellationToken)
    {
        var data = line.DataDirectory ?? Directory.CreateTempSubdirectory("sandbox-gateway-").FullName;
        var port = line.GatewayPort.ToString(CultureInfo.InvariantCulture);
        var app = GatewayApp.Create([], new Dictionary<string, string?>
        {
            ["PORT"] = port,
            ["LISTEN"] = $"http://127.0.0.1:{port}",
            ["DATA_DIR"] = data,
            ["WhatsApp:SocketUrl"] = network.SocketUrl.ToString(),
            ["WhatsApp:NoiseRootKey"] = Convert.ToHexStringLower(network.RootKey),
            ["WhatsApp:ExtraCaFile"] = network.CaFile,
            ["Outbound:AllowPrivateNetworks"] = "true",
            ["ALLOW_HTTP_MEDIA"] = "true",
        });
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
        Console.WriteLine($"gateway data       {data}");
        return new EmbeddedGateway(app);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(CancellationToken.None);
        await _app.DisposeAsync();
    }
}
