using System.Collections.Concurrent;
using System.Text.Json;

namespace WhatsApp.Sandbox.Control;

/// <summary>
/// A place for webhooks to go while trying things out: <c>POST /sandbox/inbox/{name}</c> keeps the event, <c>GET</c> lists them, oldest first.
/// The last <see cref="Kept"/> events of each of the first <see cref="MaxInboxes"/> names are kept.
/// </summary>
internal sealed class WebhookInbox
{
    private const int Kept = 500;
    private const int MaxInboxes = 100;

    private readonly ConcurrentDictionary<string, ConcurrentQueue<JsonElement>> _inboxes = new(StringComparer.Ordinal);

    public static void Map(IEndpointRouteBuilder sandbox)
    {
        var inbox = new WebhookInbox();
        sandbox.MapPost("/inbox/{name}", async (string name, HttpRequest request) => await inbox.TakeAsync(name, request));
        sandbox.MapGet("/inbox/{name}", (string name) => Results.Json(new { items = inbox.List(name) }));
    }

    private async Task<IResult> TakeAsync(string name, HttpRequest request)
    {
        JsonElement received;
        try
        {
            received = await JsonSerializer.DeserializeAsync<JsonElement>(request.Body, cancellationToken: request.HttpContext.RequestAborted);
        }
        catch (JsonException)
        {
            return Results.Problem(statusCode: StatusCodes.Status400BadRequest, detail: "an event is JSON");
        }
        if (_inboxes.Count >= MaxInboxes && !_inboxes.ContainsKey(name))
            return Results.Problem(statusCode: StatusCodes.Status429TooManyRequests, detail: "too many inboxes");
        var events = _inboxes.GetOrAdd(name, _ => new ConcurrentQueue<JsonElement>());
        events.Enqueue(received);
        while (events.Count > Kept)
            events.TryDequeue(out _);
        return Results.NoContent();
    }

    private JsonElement[] List(string name) => _inboxes.TryGetValue(name, out var events) ? events.ToArray() : [];
}
