using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Silo.Cluster;
using WhatsApp.Silo.Telemetry;

namespace WhatsApp.Silo;

/// <summary>A silo of a cluster as a process of its own: it owns instances; gateways call it. Over HTTP it only says how it is.</summary>
public static class SiloApp
{
    /// <summary>Of health, when neither <c>PORT</c> nor <c>LISTEN</c> is set.</summary>
    public const string DefaultPort = "5001";

    /// <summary>Runs the silo to its end, asks the one that runs (<c>--health</c>), or carries instances (<c>export</c>, <c>import</c>). Returns the exit code; what stops the start is told in one line.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (HealthQuestion.IsAsked(args))
            return await HealthQuestion.AskAsync(DefaultPort);
        if (ArchiveCommand.IsAsked(args))
            return ArchiveCommand.Run(args);
        try
        {
            await using var app = Create(args);
            app.Lifetime.ApplicationStarted.Register(() =>
                Console.WriteLine($"silo {app.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress} is ready; health on {app.Urls.FirstOrDefault()}"));
            await app.RunAsync();
            return 0;
        }
        catch (Exception error) when (StartErrors.Describe(error) is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            return 1;
        }
    }

    private static WebApplication Create(string[] args)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.Logging.AddConsoleLog();
        if (!ClusterOptions.IsCluster(builder.Configuration))
            throw new BadConfigurationException("a silo of its own needs CLUSTER_MODE=cluster, REDIS, POSTGRES and DATA_KEY; without a cluster start Gateway alone");
        builder.WebHost.UseUrls(ListenUrl(builder.Configuration));
        builder.AddClusterSilo();
        builder.Services.AddMetrics("silo");
        var app = builder.Build();
        app.UseMetricsAccess();
        app.MapMetrics();
        app.MapGet("/healthz", () => Results.Json(new { status = "ok" }));
        // The web server starts last and stops after the drain has begun: stopping is "not ready".
        app.MapGet("/readyz", (IHostApplicationLifetime lifetime) => lifetime.ApplicationStarted.IsCancellationRequested && !lifetime.ApplicationStopping.IsCancellationRequested
            ? Results.Json(new { status = "ready" })
            : Results.Json(new { status = "not ready" }, statusCode: StatusCodes.Status503ServiceUnavailable));
        return app;
    }

    private static string ListenUrl(ConfigurationManager configuration)
    {
        if (configuration["LISTEN"] is { Length: > 0 } url)
            return Uri.TryCreate(url.Replace("*", "localhost", StringComparison.Ordinal), UriKind.Absolute, out var uri) && uri.Scheme == "http"
                ? url : throw new BadConfigurationException("LISTEN must be an http address, e.g. http://127.0.0.1:5001");
        var port = configuration["PORT"] is { Length: > 0 } given ? given : DefaultPort;
        return ushort.TryParse(port, out _) ? $"http://*:{port}" : throw new BadConfigurationException($"PORT must be a number from 0 to 65535, not '{port}'");
    }
}
