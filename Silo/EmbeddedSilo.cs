using System.Net;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Storage.Sqlite;
using WhatsApp.Silo.AdoNet;

namespace WhatsApp.Silo;

/// <summary>The embedded shape of architecture §2: a silo in the caller's process, everything durable in one SQLite file.</summary>
public static class EmbeddedSilo
{
    /// <summary>Adds silo, storage and grains to the host.</summary>
    /// <exception cref="BadConfigurationException">One clear line.</exception>
    public static void AddEmbeddedSilo(this IHostApplicationBuilder builder)
    {
        var options = EmbeddedSiloOptions.From(builder.Configuration);
        var storage = new SqliteStorageOptions(options.DataDirectory, options.DataKey, options.Synchronous);
        var services = builder.Services;
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.AddHostedService<DataFolderLock>();
        services.AddSqliteStorage(storage);
        services.AddHostedService<FormerOwners>();
        services.AddMedia(options.DataDirectory, ObjectStoreOptions.S3From(builder.Configuration));
        services.AddOutgoingMedia(options.DataDirectory, MediaOptions.From(builder.Configuration));
        builder.AddSiloParts(options.LoginsPerSecond, provider => provider.GetRequiredService<SqliteStorage>().LinkKey);

        builder.UseOrleans(silo =>
        {
            // Nobody else joins this silo: any free ports on loopback do, and two services on one machine never collide.
            silo.UseLocalhostClustering(siloPort: LoopbackPort.Free(), gatewayPort: 0, serviceId: "whatsapp", clusterId: "embedded");
            silo.Configure<EndpointOptions>(endpoint =>
            {
                endpoint.AdvertisedIPAddress = IPAddress.Loopback;
                endpoint.GatewayPort = 0;
            });
            silo.AddSqliteOrleansStorage(storage.DatabasePath, options.Synchronous);
            silo.ConfigureSilo();
        });
        // After UseOrleans: the grains must be there when it looks for work.
        services.AddInstanceSweeper();
    }
}
