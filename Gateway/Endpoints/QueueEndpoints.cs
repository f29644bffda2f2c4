using System.Globalization;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>/instances/{id}/queue: messages that wait for their time or for the connection (rest-api part B).</summary>
internal static class QueueEndpoints
{
    private const int DefaultPage = 50;
    private const int MaxPage = 200;
    private const int MaxMessageId = 128;

    public static void MapQueue(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/instances/{id}/queue", ListAsync).Needs("read").WithSummary("Messages that wait to be sent");
        routes.MapDelete("/instances/{id}/queue/{messageId}", CancelAsync).Needs("send").WithSummary("Take a message out of the queue");
    }

    private static async Task<IResult> ListAsync(string id, HttpRequest request, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var page = await grains.GetGrain<IQueueGrain>(instance).ListQueueAsync(Cursor(request.Text("cursor")), request.Number("limit", 1, MaxPage, DefaultPage), cancellationToken);
        return Results.Ok(new
        {
            items = page.Items.Select(message => new
            {
                messageId = message.MessageId,
                to = message.To,
                type = message.Type,
                status = message.Status,
                priority = message.Priority,
                sendAt = message.SendAt,
                queuedAt = message.QueuedAt,
                clientRef = message.ClientRef,
            }),
            nextCursor = page.Next is { } next ? string.Create(CultureInfo.InvariantCulture, $"{next.CreatedAt}-{next.Id}") : null,
            total = page.Total,
        });
    }

    private static async Task<IResult> CancelAsync(string id, string messageId, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        if (messageId.Length > MaxMessageId)
            throw new ProblemException("message-not-found", "there is no such message");
        await grains.GetGrain<IQueueGrain>(instance).CancelQueuedAsync(messageId, cancellationToken);
        return Results.Ok(new { success = true, instanceId = instance, messageId, status = "cancelled" });
    }

    // Time and id of the last message seen.
    private static QueueCursor? Cursor(string? text)
    {
        if (text is null)
            return null;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var at) && text.Length - dash - 1 <= MaxMessageId
            ? new QueueCursor(at, text[(dash + 1)..])
            : throw new ProblemException("validation-failed", "cursor is not a cursor of this list", [new FieldError("/cursor", "invalid-format", "is not a cursor of this list")]);
    }
}
