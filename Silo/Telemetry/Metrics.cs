using System.Reflection;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using WhatsApp.Grains.Telemetry;

namespace WhatsApp.Silo.Telemetry;

/// <summary>
/// What the process counts, in Prometheus' text format. The exporter is a beta: nothing else of the program knows it.
/// Left out are meters whose labels name strangers' hosts (System.Net.Http) or the database (Npgsql).
/// </summary>
internal static class Metrics
{
    public const string Path = "/metrics";

    private static readonly string[] Meters = [ProductMeter.Name, "Microsoft.Orleans", "System.Runtime", "Microsoft.AspNetCore.Hosting"];

    /// <summary>Collects; call once per host.</summary>
    /// <param name="services">Of the host.</param>
    /// <param name="name">What the process is: gateway or silo.</param>
    public static void AddMetrics(this IServiceCollection services, string name) =>
        services.AddOpenTelemetry().WithMetrics(metrics => metrics
            .ConfigureResource(resource => resource.Clear().AddService("whatsapp-" + name, serviceVersion: Version, autoGenerateServiceInstanceId: false))
            .AddMeter(Meters)
            .AddPrometheusExporter());

    /// <summary>Maps <see cref="Path"/>; who may read it is the caller's business.</summary>
    public static IEndpointConventionBuilder MapMetrics(this IEndpointRouteBuilder routes) => routes.MapPrometheusScrapingEndpoint(Path);

    private static string Version { get; } = typeof(Metrics).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";
}
