using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Clusters;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Outbound;
using WhatsApp.Grains.Placement;
using WhatsApp.Grains.Webhooks;

namespace WhatsApp.Silo;

/// <summary>What every silo has, embedded or in a cluster.</summary>
internal static class SiloParts
{
    /// <summary>What a process gives itself to end; an orchestrator's grace must be longer.</summary>
    public static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(45);

    /// <summary>Networks, devices, webhooks and links; not storage, media and Orleans.</summary>
    /// <param name="builder">The host.</param>
    /// <param name="loginsPerSecond">Most connects per second of this silo.</param>
    /// <param name="linkKey">Signs links.</param>
    public static void AddSiloParts(this IHostApplicationBuilder builder, double loginsPerSecond, Func<IServiceProvider, byte[]> linkKey)
    {
        var services = builder.Services;
        services.AddSingleton(Options.Create(ReceivedMediaOptions.From(builder.Configuration)));
        services.TryAddSingleton(new ServiceAddress(builder.Configuration["BASE_URL"] is { Length: > 0 } address ? address.TrimEnd('/') : "http://localhost:5000"));
        services.AddSingleton(provider => new SignedLinks(
            linkKey(provider), provider.GetRequiredService<ServiceAddress>().BaseUrl, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(new WhatsAppNetworks(builder.Configuration));
        services.AddSingleton(provider => new ConnectRate(provider.GetRequiredService<TimeProvider>(), loginsPerSecond));
        services.AddOwnership();
        services.AddSingleton<IDeviceFactory, DeviceFactory>();
        services.AddSingleton(Options.Create(OutboundOptions.From(builder.Configuration)));
        services.AddSingleton<OutboundGuard>();
        services.AddSingleton<WebhookClient>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
    }

    /// <summary>Orleans' settings that do not depend on the shape (orleans-notes §9).</summary>
    public static void ConfigureSilo(this ISiloBuilder silo)
    {
        silo.Configure<SiloMessagingOptions>(messaging =>
        {
            messaging.ResponseTimeout = TimeSpan.FromSeconds(30);
            messaging.CancelRequestOnTimeout = true;
        });
        silo.AddClusterView();
        silo.Configure<GrainCollectionOptions>(collection => collection.DeactivationTimeout = TimeSpan.FromSeconds(15));
    }
}
