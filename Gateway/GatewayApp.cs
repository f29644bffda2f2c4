using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging.Console;
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
    /// <summary>Builds the service in embedded mode.</summary>
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
        ConfigureLogging(builder.Logging);
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
        builder.AddEmbeddedSilo();
        builder.Services.AddHostedService<StartUp>();
        services?.Invoke(builder.Services);

        var app = builder.Build();
        app.UseMiddleware<ProblemMiddleware>();
        app.UseRouting();
        app.UseMiddleware<ApiKeyMiddleware>();
        app.UseMiddleware<Idempotency>();
        app.MapRoot();
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
        routes.MapMessageFiles();
        routes.MapLidMappings();
        routes.MapContacts();
        routes.MapGroups();
        routes.MapChats();
    }

    private static void ConfigureLogging(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.TimestampFormat = "HH:mm:ss ";
            console.ColorBehavior = LoggerColorBehavior.Default;
        });
        logging.AddFilter("Orleans", LogLevel.Warning);
        // One false line per start (orleans-notes §9).
        logging.AddFilter("Orleans.Runtime.Watchdog", LogLevel.Error);
        // It recommends the server collector, which an embedded service does not want.
        logging.AddFilter("Orleans.Runtime.Silo", LogLevel.Error);
        logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        logging.AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning);
        // What stops a start is told in one line by Program.cs; that a background service stopped the host is critical.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddFilter("System.Net.Http", LogLevel.Warning);
        // Orleans places grains through Polly; each placement is two lines.
        logging.AddFilter("Polly", LogLevel.Warning);
    }
}
