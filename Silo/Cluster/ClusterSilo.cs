using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Placement;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Silo.AdoNet;

namespace WhatsApp.Silo.Cluster;

/// <summary>The cluster shape of architecture §2: one silo of many; Redis for membership only, PostgreSQL for all that lasts.</summary>
internal static class ClusterSilo
{
    /// <summary>Adds silo, storage and grains to the host. The order is the order of start, and backwards of stop.</summary>
    /// <exception cref="BadConfigurationException">One clear line.</exception>
    public static void AddClusterSilo(this IHostApplicationBuilder builder)
    {
        var cluster = ClusterOptions.From(builder.Configuration);
        var options = ClusterSiloOptions.From(builder.Configuration, cluster);
        var services = builder.Services;
        services.AddSingleton(cluster);
        services.TryAddSingleton(TimeProvider.System);
        services.AddHostedService<RedisCheck>();
        services.AddPostgresStorage(options.Postgres);
        services.AddMedia(cluster.DataDirectory, ObjectStoreOptions.S3From(builder.Configuration), cluster.WorkDirectory());
        services.AddOutgoingMedia(cluster.DataDirectory, MediaOptions.From(builder.Configuration), cluster.WorkDirectory());
        builder.AddSiloParts(options.LoginsPerSecond, provider => provider.GetRequiredService<PostgresStorage>().LinkKey);
        services.Configure<InstanceTimings>(timings => (timings.SweepDelay, timings.RebalancePeriod) = (options.SweepDelay, options.RebalancePeriod));
        services.AddPostgresGrainDirectory();

        builder.UseOrleans(silo =>
        {
            silo.UseRedisClustering(redis => redis.ConfigurationOptions = cluster.Redis);
            silo.Configure<global::Orleans.Configuration.ClusterOptions>(identity => identity.Use(cluster));
            if (options.Address is { } address)
                silo.ConfigureEndpoints(address, options.SiloPort, options.GatewayPort, listenOnAnyHostAddress: true);
            else
                silo.ConfigureEndpoints(options.SiloPort, options.GatewayPort, listenOnAnyHostAddress: true);
            // A crash is known in a second or two, a silent failure in six (orleans-notes §9).
            silo.Configure<ClusterMembershipOptions>(membership =>
            {
                membership.ProbeTimeout = TimeSpan.FromSeconds(1);
                membership.MaxProbeTimeout = TimeSpan.FromSeconds(2);
                membership.NumMissedProbesLimit = 3;
                membership.NumVotesForDeathDeclaration = 2;
                membership.TableRefreshTimeout = TimeSpan.FromSeconds(10);
                membership.IAmAliveTablePublishTimeout = TimeSpan.FromSeconds(5);
            });
            silo.AddPostgresOrleansStorage();
            silo.ConfigureSilo();
        });
        services.AddSingleton<IFatalErrorHandler, LastWords>();
        services.AddHostedService<MembershipRepair>();
        services.AddInstanceDrainer();
        services.AddInstanceRebalancer();
        services.AddInstanceSweeper();
    }
}
