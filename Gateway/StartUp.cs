using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Orleans.Runtime;
using WhatsApp.Gateway.Endpoints;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Gateway;

/// <summary>Makes sure that a key exists, says where the service is, and turns readiness on and off.</summary>
internal sealed partial class StartUp(
    IGrainFactory grains, GatewayOptions options, ReadyState ready, ClusterConnection cluster, IServer server,
    IHostApplicationLifetime lifetime, ILogger<StartUp> logger) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStopping.Register(() => ready.IsReady = false);
        var newKey = await EnsureAdminKeyAsync(cancellationToken);
        ready.IsReady = true;
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault()?
            .Replace("[::]", "localhost", StringComparison.Ordinal).Replace("*", "localhost", StringComparison.Ordinal) ?? options.BaseUrl;
        Console.WriteLine($"whatsapp-cluster {RootEndpoints.Version} is ready on {address}");
        if (newKey is not null)
        {
            Console.WriteLine($"API key (shown once, kept hashed; set API_KEY to choose your own): {newKey}");
            Console.WriteLine($"Try: curl -H 'X-API-Key: {newKey}' {address}/instances");
        }
    }

    // A cluster's silos may come and go while its gateway starts.
    private async Task<string?> EnsureAdminKeyAsync(CancellationToken cancellationToken)
    {
        while (true)
            try
            {
                return await grains.GetGrain<IApiKeyGrain>(0).EnsureAdminKeyAsync(options.ApiKey, cancellationToken);
            }
            catch (Exception error) when (cluster.IsRemote && error is OrleansException or TimeoutException)
            {
                LogNoCluster(logger, error.Message);
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "the cluster does not answer yet; trying again ({Reason})")]
    private static partial void LogNoCluster(ILogger logger, string reason);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
