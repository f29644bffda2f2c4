using System.Net;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using WhatsApp.Sandbox.Control;
using WhatsApp.Sandbox.Media;

namespace WhatsApp.Sandbox.Network;

/// <summary>Kestrel on one loopback port: any WebSocket upgrade is a client, <c>/sandbox/*</c> the control API, the rest the media host.</summary>
internal static class SandboxHost
{
    public static WebApplication Build(SandboxOptions options, TlsAuthority? tls, SandboxServer server, Func<SandboxNetwork> network, CancellationToken stop)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        builder.WebHost.ConfigureKestrel(kestrel => Listen(kestrel, options, tls));
        if (tls is not null)
            builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Services.ConfigureHttpJsonOptions(json =>
            json.SerializerOptions.Converters.Add(new JsonStringEnumConverter(System.Text.Json.JsonNamingPolicy.CamelCase)));
        var app = builder.Build();
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
        MediaHost.Map(app, server);
        return app;
    }

    private static void Listen(KestrelServerOptions kestrel, SandboxOptions options, TlsAuthority? tls)
    {
        kestrel.AddServerHeader = false;
        kestrel.Limits.MaxConcurrentUpgradedConnections = null;
        kestrel.Limits.MaxConcurrentConnections = null;
        kestrel.Limits.MaxRequestBodySize = MediaShelf.MaxFile;
        kestrel.Limits.MinRequestBodyDataRate = null;
        kestrel.Listen(IPAddress.Loopback, options.Port, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            if (tls is not null)
                listen.UseHttps(tls.Server);
        });
    }
}
