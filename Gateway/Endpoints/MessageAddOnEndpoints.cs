using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>/instances/{id}/messages/{messageId}/vote and /pin: what is hung on a stored message (rest-api part B).</summary>
internal static class MessageAddOnEndpoints
{
    private const int MaxMessageId = 128;
    private const int MaxOptions = 256;
    private const int MaxOption = 1024;
    private const int Week = 604_800;

    public static void MapMessageAddOns(this IEndpointRouteBuilder routes)
    {
        Map("vote", "Vote in a poll, or take the vote back", Vote);
        Map("pin", "Pin a message for everyone, or unpin it", Pin);

        void Map(string name, string summary, Func<JsonBody, MessagePointer, SendContent> read) =>
            routes.MapPost($"/instances/{{id}}/messages/{{messageId}}/{name}",
                (string id, string messageId, HttpContext context, IGrainFactory grains, CancellationToken cancellationToken) =>
                    SendAsync(id, messageId, read, context, grains, cancellationToken)).Needs("send").WithSummary(summary);
    }

    private static async Task<IResult> SendAsync(string id, string messageId, Func<JsonBody, MessagePointer, SendContent> read, HttpContext context,
        IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        if (messageId.Length is 0 or > MaxMessageId)
            throw new ProblemException("message-not-found", "there is no such message");
        var body = await JsonBody.ReadAsync(context.Request, optional: true, cancellationToken);
        var content = read(body, new MessagePointer(messageId));
        var (to, clientRef, queue, later) = (body.Text("to", 128), body.Text("clientRef", 128), body.Flag("queue", true), body.Flag("async", false));
        body.Finish();
        return await SendAnswer.SendAsync(context, grains, instance, new SendRequest(to is null ? null : Recipient.Parse(to), content)
        {
            MessageId = Idempotency.MessageIdOf(context),
            ClientRef = clientRef,
            Queue = queue,
            Async = later,
        }, cancellationToken);
    }

    private static PollVoteContent Vote(JsonBody body, MessagePointer poll)
    {
        if (body.Find("options") is null)
            body.Fail<string>("options", "required", "is required; an empty list takes the vote back");
        return new PollVoteContent(poll, body.TextList("options", MaxOptions, MaxOption));
    }

    private static PinContent Pin(JsonBody body, MessagePointer message)
    {
        var seconds = body.Number("duration", 0, 2_592_000, Week);
        if (seconds is not (86_400 or Week or 2_592_000))
            body.Fail<string>("duration", "invalid-value", "must be 86400, 604800 or 2592000 seconds");
        return new PinContent(message, body.Flag("pin", true) ? seconds : 0);
    }
}
