using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WhatsApp.Clusters;

/// <summary>A webhook receiver that keeps everything it was sent, and can be told to misbehave.</summary>
public sealed class EventInbox : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly List<JsonElement> _events = [];
    private readonly HashSet<string> _ids = [];
    private readonly List<string> _texts = [];

    private EventInbox(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>Answers with this instead of 200; null = well.</summary>
    public Func<HttpContext, Task>? Misbehaviour { get; set; }

    public static async Task<EventInbox> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var inbox = new EventInbox(app);
        app.MapPost("/events", async context =>
        {
            var received = await JsonSerializer.DeserializeAsync<JsonElement>(context.Request.Body);
            if (inbox.Misbehaviour is { } misbehave)
            {
                await misbehave(context);
                return;
            }
            // Delivery is at least once: a receiver knows an event it has had by its id.
            lock (inbox._events)
                if (inbox._ids.Add(received.GetProperty("id").GetString()!))
                    inbox.Keep(received);
        });
        await app.StartAsync();
        inbox.Url = new Uri(new Uri(app.Urls.First()), "/events");
        return inbox;
    }

    /// <summary>All events accepted, in order of arrival.</summary>
    public IReadOnlyList<JsonElement> Events
    {
        get
        {
            lock (_events)
                return [.. _events];
        }
    }

    /// <summary>Texts of message.received, in order of arrival.</summary>
    public IReadOnlyList<string> Texts
    {
        get
        {
            lock (_events)
                return [.. _texts];
        }
    }

    public IReadOnlyList<JsonElement> Of(string name) => [.. Events.Where(e => e.GetProperty("event").GetString() == name)];

    public async Task WaitAsync(Func<EventInbox, bool> enough, string what, int seconds = 30)
    {
        var clock = Stopwatch.StartNew();
        while (!enough(this))
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(seconds))
                throw new TimeoutException($"not seen in {seconds} s: {what}; got {string.Join(", ", Events.Select(e => e.GetProperty("event").GetString()))}");
            await Task.Delay(25);
        }
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    // Texts beside: asked for again and again among thousands of events.
    private void Keep(JsonElement received)
    {
        _events.Add(received);
        if (received.GetProperty("event").GetString() == "message.received")
            _texts.Add(received.GetProperty("data").GetProperty("text").GetString()!);
    }
}
