using System.Globalization;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Webhooks;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>/instances/{id}/deliveries: events that were given up, and sending them again (rest-api part B).</summary>
internal static class DeliveryEndpoints
{
    private const int DefaultPage = 50;
    private const int MaxPage = 200;
    private const int MaxEventId = 64;

    public static void MapDeliveries(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/instances/{id}/deliveries", ListAsync).Needs("read").WithSummary("Events that were given up, newest first");
        routes.MapPost("/instances/{id}/deliveries/{eventId}/replay", ReplayAsync).Needs("control").WithSummary("Send an event again where it was given up");
    }

    private static async Task<IResult> ListAsync(string id, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        request.OneOf("state", "dead");
        var limit = request.Number("limit", 1, MaxPage, DefaultPage);
        var dead = await grains.GetGrain<IWebhookGrain>(instance).ListDeadAsync(Cursor(request.Text("cursor")), limit + 1, cancellationToken);
        var page = dead.Take(limit).ToList();
        return Results.Ok(new
        {
            items = page.Select(delivery => new
            {
                id = delivery.EventId,
                endpointId = delivery.EndpointId,
                sequence = delivery.Sequence,
                @event = delivery.EventName,
                state = "dead",
                attempts = delivery.Attempts,
                reason = delivery.Reason,
                createdAt = delivery.CreatedAt,
                failedAt = delivery.BuriedAt,
            }),
            nextCursor = dead.Count > limit ? string.Create(CultureInfo.InvariantCulture, $"{page[^1].Sequence}-{page[^1].EndpointId}") : null,
        });
    }

    private static async Task<IResult> ReplayAsync(string id, string eventId, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var count = eventId.Length <= MaxEventId ? await grains.GetGrain<IWebhookGrain>(instance).ReplayAsync(eventId, cancellationToken) : 0;
        return count > 0 ? Results.Json(new { success = true, id = eventId, endpoints = count }, statusCode: StatusCodes.Status202Accepted)
            : throw new ProblemException("delivery-not-found", $"no event {eventId} was given up");
    }

    // Sequence and endpoint of the last one seen.
    private static (long, string)? Cursor(string? text)
    {
        if (text is null)
            return null;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence) && text.Length - dash <= MaxEventId
            ? (sequence, text[(dash + 1)..])
            : throw new ProblemException("validation-failed", "cursor is not a cursor of this list", [new FieldError("/cursor", "invalid-format", "is not a cursor of this list")]);
    }
}
