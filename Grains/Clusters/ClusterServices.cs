using Microsoft.Extensions.DependencyInjection;

namespace WhatsApp.Grains.Clusters;

/// <summary>Registers what shows the cluster.</summary>
public static class ClusterServices
{
    /// <summary>Adds this silo's own answer and the way to ask the others.</summary>
    public static ISiloBuilder AddClusterView(this ISiloBuilder silo)
    {
        silo.Services.AddGrainService<SiloSelf>();
        silo.Services.AddSingleton<SiloSelfClient>();
        return silo;
    }
}
