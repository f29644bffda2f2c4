using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans;
using Orleans.Configuration;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Outbound;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Silo.Cluster;

/// <summary>What a gateway of a cluster has instead of a silo: a client of the silos there are, which follows them as they come and go.</summary>
internal static class ClusterClient
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(500);

    /// <summary>Adds the client, the object store and what checks links.</summary>
    /// <exception cref="BadConfigurationException">One clear line.</exception>
    public static void AddClusterClient(this IHostApplicationBuilder builder)
    {
        var cluster = ClusterOptions.From(builder.Configuration);
        var connection = new ClusterConnection(isRemote: true);
        var services = builder.Services;
        services.AddSingleton(cluster);
        services.AddSingleton(connection);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => new SignedLinks(
            DataKey.ForLinks(DataKey.Parse(cluster.DataKey)), provider.GetRequiredService<ServiceAddress>().BaseUrl, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<RedisCheck>();
        services.AddHostedService(provider => provider.GetRequiredService<RedisCheck>());
        services.AddObjectStore(cluster.DataDirectory, ObjectStoreOptions.S3From(builder.Configuration), cluster.WorkDirectory());
        services.AddMediaIntake(MediaOptions.From(builder.Configuration));
        services.AddSingleton(Options.Create(OutboundOptions.From(builder.Configuration)));
        services.AddSingleton<OutboundGuard>();
        // The web server answers while silos are still awaited: "not ready" rather than nothing.
        services.Configure<HostOptions>(host => host.ServicesStartConcurrently = true);
        builder.UseOrleansClient(client =>
        {
            client.UseRedisClustering(redis => redis.ConfigurationOptions = cluster.Redis);
            client.Configure<global::Orleans.Configuration.ClusterOptions>(identity => identity.Use(cluster));
            client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = TimeSpan.FromSeconds(2));
            // What newer silos can do that older ones could not: known soon, not after a minute.
            client.Configure<TypeManagementOptions>(types => types.TypeMapRefreshInterval = TimeSpan.FromSeconds(5));
            client.Configure<ClientMessagingOptions>(messaging => messaging.ResponseTimeout = TimeSpan.FromSeconds(30));
            client.UseConnectionRetryFilter<UntilThereAreSilos>();
        });
        services.AddSingleton<CallWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<CallWatch>());
        services.AddSingleton<IOutgoingGrainCallFilter>(provider => provider.GetRequiredService<CallWatch>());
        services.AddHostedService<Reconnection>();
        WatchedSilos.Watch(services);
        services.AddSingleton<IClusterConnectionStatusObserver, Observer>();
    }

    /// <summary>Silos may start later; a Redis that is not there is told of by its own check.</summary>
    private sealed class UntilThereAreSilos(RedisCheck redis) : IClientConnectionRetryFilter
    {
        public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
        {
            await Task.Delay(BetweenTries, cancellationToken);
            return !redis.HasFailed;
        }
    }

    private sealed class Observer(ClusterConnection connection, CallWatch calls) : IClusterConnectionStatusObserver
    {
        public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered)
        {
            connection.Silos = currentNumberOfGateways;
            if (currentNumberOfGateways < previousNumberOfGateways)
                calls.SiloLost();
        }

        public void NotifyClusterConnectionLost()
        {
            connection.Silos = 0;
            calls.SiloLost();
        }
    }
}
