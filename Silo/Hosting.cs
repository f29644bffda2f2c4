using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Silo.Cluster;
using WhatsApp.Silo.Telemetry;

namespace WhatsApp.Silo;

/// <summary>The gateway's one way into this assembly: the silo in its own process, or the way to those of a cluster.</summary>
public static class Hosting
{
    /// <summary>Adds what <c>CLUSTER_MODE</c> says: a silo of its own (embedded, default), or a client of the cluster's silos.</summary>
    /// <exception cref="BadConfigurationException">One clear line.</exception>
    public static void AddGrains(this IHostApplicationBuilder builder)
    {
        builder.Services.AddMetrics("gateway");
        if (ClusterOptions.IsCluster(builder.Configuration))
        {
            builder.AddClusterClient();
            return;
        }
        builder.Services.AddSingleton(new ClusterConnection(isRemote: false));
        builder.AddEmbeddedSilo();
    }

    /// <summary>GET /metrics, in Prometheus' text format; who may read it is the caller's business.</summary>
    public static IEndpointConventionBuilder MapProcessMetrics(this IEndpointRouteBuilder routes) => routes.MapMetrics();
}
