using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Outbound;
using WhatsApp.Grains.Storage.Sqlite;
using WhatsApp.Grains.Webhooks;
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
        services.AddMedia(options.DataDirectory, ObjectStoreOptions.S3From(builder.Configuration));
        services.AddOutgoingMedia(options.DataDirectory, MediaOptions.From(builder.Configuration));
        services.AddSingleton(Options.Create(ReceivedMediaOptions.From(builder.Configuration)));
        services.TryAddSingleton(new ServiceAddress("http://localhost:5000"));
        services.AddSingleton(provider => new SignedLinks(
            provider.GetRequiredService<SqliteStorage>().LinkKey, provider.GetRequiredService<ServiceAddress>().BaseUrl, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(new WhatsAppNetworks(builder.Configuration));
        services.AddSingleton(provider => new ConnectRate(provider.GetRequiredService<TimeProvider>(), options.LoginsPerSecond));
        services.AddSingleton<IDeviceFactory, DeviceFactory>();
        services.AddSingleton(Options.Create(OutboundOptions.From(builder.Configuration)));
        services.AddSingleton<OutboundGuard>();
        services.AddSingleton<WebhookClient>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(45));

        builder.UseOrleans(silo =>
        {
            // Nobody else joins this silo: any free ports on loopback do, and two services on one machine never collide.
            silo.UseLocalhostClustering(siloPort: FreePort(), gatewayPort: 0, serviceId: "whatsapp", clusterId: "embedded");
            silo.Configure<EndpointOptions>(endpoint =>
            {
                endpoint.AdvertisedIPAddress = IPAddress.Loopback;
                endpoint.GatewayPort = 0;
            });
            silo.AddSqliteOrleansStorage(storage.DatabasePath, options.Synchronous);
            silo.Configure<SiloMessagingOptions>(messaging =>
            {
                messaging.ResponseTimeout = TimeSpan.FromSeconds(30);
                messaging.CancelRequestOnTimeout = true;
            });
            silo.Configure<GrainCollectionOptions>(collection => collection.DeactivationTimeout = TimeSpan.FromSeconds(15));
        });
        // After UseOrleans: the grains must be there when it looks for work.
        services.AddInstanceSweeper();
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
