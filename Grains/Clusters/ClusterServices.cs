using Microsoft.Extensions.DependencyInjection;
using WhatsApp.Grains.Telemetry;

namespace WhatsApp.Grains.Clusters;

/// <summary>Registers what shows the cluster.</summary>
public static class ClusterServices
{
    /// <summary>Adds this silo's own answer, the way to ask the others, and what it counts.</summary>
    public static ISiloBuilder AddClusterView(this ISiloBuilder silo)
    {
        silo.Services.AddGrainService<SiloSelf>();
        silo.Services.AddSingleton<SiloSelfClient>();
        silo.Services.AddHostedService<SiloGauges>();
        return silo;
    }
}
