using System.Buffers;
using System.Collections.Concurrent;
using System.Net;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace WhatsApp.Load;

/// <summary>A webhook receiver that counts, and knows how old each event was when it came. Light, because it shares the machine with what it measures.</summary>
internal sealed class EventCounter : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _texts = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<double> _ages = new();

    private EventCounter(WebApplication app) => _app = app;

    public Uri Url { get; private set; } = null!;

    /// <summary>Texts of message.received, each once.</summary>
    public int Texts => _texts.Count;

    /// <summary>Posts so far, retries included.</summary>
    public long Posts => _counts.Values.Sum();

    public static async Task<EventCounter> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var counter = new EventCounter(app);
        app.Run(async context =>
        {
            using var body = new MemoryStream((int)(context.Request.ContentLength ?? 1024));
            await context.Request.Body.CopyToAsync(body);
            counter.Take(body.GetBuffer().AsSpan(0, (int)body.Length));
        });
        await app.StartAsync();
        counter.Url = new Uri(app.Urls.First());
        return counter;
    }

    public long Of(string name) => _counts.GetValueOrDefault(name);

    public bool Has(string text) => _texts.ContainsKey(text);

    /// <summary>Milliseconds from the commit of each event until it was here, since the last call.</summary>
    public List<double> TakeAges()
    {
        var ages = new List<double>();
        while (_ages.TryDequeue(out var age))
            ages.Add(age);
        return ages;
    }

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private void Take(ReadOnlySpan<byte> body)
    {
        var now = (TimeProvider.System.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalMilliseconds;
        var json = new Utf8JsonReader(body);
        string? name = null;
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.PropertyName)
                continue;
            if (json.CurrentDepth == 1 && json.ValueTextEquals("event"u8) && json.Read())
            {
                name = json.GetString()!;
                _counts.AddOrUpdate(name, 1, static (_, count) => count + 1);
            }
            else if (json.CurrentDepth == 1 && json.ValueTextEquals("timestamp"u8) && json.Read())
            {
                _ages.Enqueue(now - json.GetInt64());
            }
            else if (name == "message.received" && json.CurrentDepth == 2 && json.ValueTextEquals("text"u8) && json.Read() && json.TokenType == JsonTokenType.String)
            {
                _texts.TryAdd(json.GetString()!, 0);
                return;
            }
        }
    }
}
