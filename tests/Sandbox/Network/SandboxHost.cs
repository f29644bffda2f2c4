using System.Net;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using WhatsApp.Sandbox.Control;
using WhatsApp.Sandbox.Media;

namespace WhatsApp.Sandbox.Network;

/// <summary>
/// Kestrel on loopback: on the network's port any WebSocket upgrade is a client and <c>/sandbox/*</c> the control API; two more ports, always
/// https, are the media hosts.
/// </summary>
internal static class SandboxHost
{
    private const int MediaHosts = 2;
    private const long MaxControlBody = 128 * 1024 * 1024;

    public static WebApplication Build(SandboxOptions options, TlsAuthority tls, SandboxServer server, Func<SandboxNetwork> network, CancellationToken stop)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, tls));
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(System.Text.Json.JsonNamingPolicy.CamelCase)));
        var app = builder.Build();
        app.Use(async (context, next) =>
        {
            if (server.MediaHostOf(context.Connection.LocalPort) is { } host)
                await MediaHost.HandleAsync(server, host, context);
            else
                await next(context);
        });
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = Timeout.InfiniteTimeSpan });
        app.Use(async (context, next) =>
        {
            if (!context.WebSockets.IsWebSocketRequest)
            {
                await next(context);
                return;
            }
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            await new Connection(socket, server).RunAsync(stop);
        });
        app.UseRouting();
        ControlApi.Map(app, network);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, SandboxOptions options, TlsAuthority tls)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentUpgradedConnections = null;
        kestrel.Limits.MaxConcurrentConnections = null;
        kestrel.Limits.MaxRequestBodySize = MaxControlBody;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Listen(IPAddress.Loopback, options.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (options.Tls)
                listen.UseHttps(tls.Server);
        });
        for (var host = 0; host < MediaHosts; host++)
            kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.UseHttps(tls.Server);
            });
    }
}
