using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>/instances/{id}/messages/{messageId}: state, edit, delete for everyone, forward (rest-api part B).</summary>
internal static class MessageEndpoints
{
    private const int MaxMessageId = 128;

    public static void MapMessages(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/instances/{id}/messages/{messageId}", FindAsync).Needs("read").WithSummary("Where a message stands");
        routes.MapPatch("/instances/{id}/messages/{messageId}", EditAsync).Needs("send").WithSummary("Edit a message of this account");
        routes.MapDelete("/instances/{id}/messages/{messageId}", RevokeAsync).Needs("send").WithSummary("Delete a message for everyone");
        routes.MapPost("/instances/{id}/messages/{messageId}/forward", ForwardAsync).Needs("send").WithSummary("Forward a message");
    }

    private static async Task<IResult> FindAsync(string id, string messageId, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var report = await grains.GetGrain<IInstanceGrain>(instance).FindMessageAsync(Pointer(messageId).Id, cancellationToken);
        return Results.Ok(new
        {
            instanceId = instance,
            messageId = report.MessageId,
            chatId = report.ChatId,
            fromMe = report.FromMe,
            type = report.Type,
            status = report.Status,
            failure = report.Failure,
            timestamp = DateTimeOffset.FromUnixTimeSeconds(report.Timestamp),
            clientRef = report.ClientRef,
            media = report.File is { } file ? MessageFileEndpoints.Json(file) : null,
        });
    }

    private static async Task<IResult> EditAsync(string id, string messageId, HttpContext context, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var target = Pointer(messageId);
        var body = await JsonBody.ReadAsync(context.Request, optional: false, cancellationToken);
        var content = new EditContent(target, ((TextContent)ContentFields.Text(body)).Text);
        return await SendAnswer.SendAsync(context, grains, instance, SendFields.Finish(body, body.Text("to", 128), content, context), cancellationToken);
    }

    private static async Task<IResult> RevokeAsync(string id, string messageId, HttpContext context, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        return await SendAnswer.SendAsync(context, grains, instance, new SendRequest(null, new RevokeContent(Pointer(messageId))), cancellationToken);
    }

    private static async Task<IResult> ForwardAsync(string id, string messageId, HttpContext context, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var source = Pointer(messageId);
        var body = await JsonBody.ReadAsync(context.Request, optional: false, cancellationToken);
        var to = body.RequiredText("to", 128);
        return await SendAnswer.SendAsync(context, grains, instance, SendFields.Finish(body, to, new ForwardContent(source), context), cancellationToken);
    }

    private static MessagePointer Pointer(string messageId) =>
        messageId.Length is > 0 and <= MaxMessageId ? new MessagePointer(messageId) : throw new ProblemException("message-not-found", "there is no such message");
}
