using System.Text.Json;
using System.Text.Json.Serialization;
using WhatsApp.Gateway.Endpoints;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Silo;

namespace WhatsApp.Gateway;

/// <summary>The gateway as one object: made here, run by Program.cs, the sandbox and the tests.</summary>
public static class GatewayApp
{
    /// <summary>Runs the service to its end, asks the one that runs (<c>--health</c>), or carries instances (<c>export</c>, <c>import</c>). Returns the exit code; what stops the start is told in one line.</summary>
    public static async Task<int> RunAsync(string[] args)
    {
        if (HealthQuestion.IsAsked(args))
            return await HealthQuestion.AskAsync(GatewayOptions.DefaultPort);
        if (ArchiveCommand.IsAsked(args))
            return ArchiveCommand.Run(args);
        try
        {
            await using var app = Create(args);
            await app.RunAsync();
            return 0;
        }
        catch (Exception error) when (StartErrors.Describe(error) is { } line)
        {
            await Console.Error.WriteLineAsync(line);
            return 1;
        }
    }

    /// <summary>Builds the service: with a silo of its own, or as a gateway of a cluster.</summary>
    /// <param name="args">Command line; overrides everything else.</param>
    /// <param name="settings">Settings on top of environment and files, e.g. DATA_DIR.</param>
    /// <param name="services">Replaces parts before the service is built: for tests.</param>
    /// <exception cref="BadConfigurationException">One clear line.</exception>
    public static WebApplication Create(string[] args, IDictionary<string, string?>? settings = null, Action<IServiceCollection>? services = null)
    {
        var builder = WebApplication.CreateSlimBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        if (settings is not null)
            builder.Configuration.AddInMemoryCollection(settings).AddCommandLine(args);
        var options = GatewayOptions.From(builder.Configuration);
        builder.Logging.AddConsoleLog();
        builder.WebHost.UseUrls(options.ListenUrl);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = JsonBody.MaxBytes;
        });
        builder.Services.ConfigureHttpJsonOptions(json =>
        {
            json.SerializerOptions.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
            json.SerializerOptions.DefaultIgnoreCondition = JsonIgnoreCondition.Never;
            json.SerializerOptions.Converters.Add(new UtcTime());
        });
        builder.Services.AddSingleton(options);
        builder.Services.AddSingleton(new ServiceAddress(options.BaseUrl));
        builder.Services.AddSingleton<ReadyState>();
        builder.Services.AddSingleton<KnownKeys>();
        builder.Services.AddSingleton<Patience>();
        builder.AddGrains();
        builder.Services.AddHostedService<StartUp>();
        services?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();
        app.UseMiddleware<MovingInstances>();
        app.UseMiddleware<ApiKeyMiddleware>();
        app.UseMiddleware<Idempotency>();
        app.MapRoot();
        app.MapProcessMetrics().WithMetadata(new RequiredScope(Access.Metrics)).WithSummary("Metrics of this process for Prometheus");
        MapApi(app);
        MapApi(app.MapGroup("/v1"));
        return app;
    }

    private static void MapApi(IEndpointRouteBuilder routes)
    {
        routes.MapInstances();
        routes.MapQr();
        routes.MapPasskey();
        routes.MapSends();
        routes.MapMedia();
        routes.MapMessages();
        routes.MapMessageAddOns();
        routes.MapQueue();
        routes.MapDeliveries();
        routes.MapMessageFiles();
        routes.MapLidMappings();
        routes.MapContacts();
        routes.MapGroups();
        routes.MapChats();
        routes.MapCluster();
    }
}
