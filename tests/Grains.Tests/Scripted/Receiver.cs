using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WhatsApp.Grains.Tests.Scripted;

/// <summary>One request a receiver got.</summary>
internal sealed record Received(string Path, byte[] Body, IReadOnlyDictionary<string, string> Headers)
{
    public JsonElement Json => JsonElement.Parse(Body);
    public string Id => Headers["webhook-id"];
    public string Event => Headers["X-Webhook-Event"];
    public long Sequence => long.Parse(Headers["X-Webhook-Sequence"], System.Globalization.CultureInfo.InvariantCulture);
    public int Attempt => int.Parse(Headers["X-Webhook-Attempt"], System.Globalization.CultureInfo.InvariantCulture);
}

/// <summary>A real HTTP server on loopback that takes webhooks.</summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<Received> _received = [];

    private Receiver(WebApplication app) => _app = app;

    public int Port { get; private init; }
    public string Url => $"http://127.0.0.1:{Port}/events";

    /// <summary>Answers; 200 by default.</summary>
    public Func<Received, HttpContext, Task> Answer { get; set; } = static (_, _) => Task.CompletedTask;

    public IReadOnlyList<Received> All
    {
        get
        {
            lock (_received)
                return [.. _received];
        }
    }

    public static int FreePort() => WhatsApp.Servers.FreePort.Next();

    public static async Task<Receiver> StartAsync(int? port = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var chosen = port ?? FreePort();
        builder.WebHost.UseUrls($"http://127.0.0.1:{chosen}");
        var app = builder.Build();
        var receiver = new Receiver(app) { Port = chosen };
        app.Run(receiver.TakeAsync);
        await app.StartAsync();
        return receiver;
    }

    public async Task<IReadOnlyList<Received>> WaitAsync(int count)
    {
        await Eventually.TrueAsync(() => All.Count >= count, $"{count} requests at the receiver");
        return All;
    }

    public void AnswerStatus(int status) => Answer = (_, context) =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    public async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var received = new Received(context.Request.Path, body.ToArray(),
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        lock (_received)
            _received.Add(received);
        await Answer(received, context);
    }
}
