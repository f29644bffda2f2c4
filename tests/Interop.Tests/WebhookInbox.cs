using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace WhatsApp.Interop.Tests;

/// <summary>A webhook receiver on loopback: what a user of the service would run.</summary>
internal sealed class WebhookInbox : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ClientLog _events = new();

    private WebhookInbox(WebApplication app) => _app = app;

    /// <summary>Where events must be posted to.</summary>
    public string Url { get; private set; } = "";

    public static async Task<WebhookInbox> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var inbox = new WebhookInbox(builder.Build());
        inbox._app.MapPost("/events", async (HttpRequest request) =>
        {
            using var body = await JsonDocument.ParseAsync(request.Body);
            var envelope = body.RootElement.Clone();
            inbox._events.Add(new ClientEvent(envelope.GetProperty("event").GetString()!, envelope));
            return Results.Ok();
        });
        await inbox._app.StartAsync();
        inbox.Url = inbox._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/events";
        return inbox;
    }

    /// <summary>The data of the first event of this name and instance, past or future, that fits.</summary>
    public async Task<JsonElement> WaitAsync(string instance, string name, Func<JsonElement, bool> fits)
    {
        var found = await _events.WaitAsync(name, one => one["instanceId"] == instance && fits(one.Fields.GetProperty("data")), 0, TimeSpan.FromSeconds(40));
        return found.Fields.GetProperty("data");
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
