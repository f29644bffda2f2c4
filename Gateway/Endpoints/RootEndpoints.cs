using System.Reflection;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>GET /, /healthz and /readyz: open, and without secrets.</summary>
internal static class RootEndpoints
{
    /// <summary>The product's version.</summary>
    public static string Version { get; } =
        typeof(RootEndpoints).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0";

    public static void MapRoot(this WebApplication app)
    {
        var endpoints = new Lazy<object[]>(() => Describe(app));
        app.MapGet("/", () => Results.Ok(new { name = "whatsapp-cluster", version = Version, status = "ok", endpoints = endpoints.Value })).Open().WithSummary("This page");
        app.MapGet("/healthz", () => Results.Ok(new { status = "ok" })).Open().WithSummary("The process lives");
        app.MapGet("/readyz", (ReadyState ready, ClusterConnection cluster) => (ready.IsReady, cluster.IsUp) switch
        {
            (true, true) => Results.Ok(new { status = "ready" }),
            (true, false) => Results.Json(new { status = "no-silo" }, statusCode: StatusCodes.Status503ServiceUnavailable),
            _ => Results.Json(new { status = "starting" }, statusCode: StatusCodes.Status503ServiceUnavailable),
        }).Open().WithSummary("Ready to serve");
    }

    private static object[] Describe(WebApplication app) =>
    [
        .. ((IEndpointRouteBuilder)app).DataSources.SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText is { } path && !path.StartsWith("/v1", StringComparison.Ordinal))
            .Select(endpoint => new
            {
                method = endpoint.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods[0] ?? "GET",
                path = endpoint.RoutePattern.RawText,
                description = endpoint.Metadata.GetMetadata<Microsoft.AspNetCore.Http.Metadata.IEndpointSummaryMetadata>()?.Summary,
            }),
    ];
}

/// <summary>Whether the service may take requests.</summary>
public sealed class ReadyState
{
    /// <summary>True after the cluster and the keys are there; false again while stopping.</summary>
    public bool IsReady { get; set; }
}
