using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>Sends without media (rest-api part B).</summary>
internal static class SendEndpoints
{
    public static void MapSends(this IEndpointRouteBuilder routes)
    {
        Map("sendMessage", "Send a text", "to", ContentFields.Text);
        Map("sendLocation", "Send a location", "to", ContentFields.Location);
        Map("sendContact", "Send one or more contacts", "to", ContentFields.Contacts);
        Map("sendPoll", "Send a poll", "to", ContentFields.Poll);
        routes.MapPost("/instances/{id}/sendReaction", ReactAsync).Needs("send").WithSummary("React to a message, or take the reaction back");

        void Map(string name, string summary, string recipient, Func<JsonBody, SendContent> read) =>
            routes.MapPost($"/instances/{{id}}/{name}", (string id, HttpContext context, IGrainFactory grains, CancellationToken cancellationToken) =>
                SendAsync(id, recipient, read, context, grains, cancellationToken)).Needs("send").WithSummary(summary);
    }

    private static async Task<IResult> SendAsync(
        string id, string recipient, Func<JsonBody, SendContent> read, HttpContext context, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var body = await JsonBody.ReadAsync(context.Request, optional: false, cancellationToken);
        var to = body.RequiredText(recipient, 128, alias: "to");
        if (recipient == "lid" && to.Length > 0 && !to.Contains('@', StringComparison.Ordinal))
            to += "@lid";
        var content = read(body);
        return await SendAnswer.SendAsync(context, grains, instance, SendFields.Finish(body, to, content, context), cancellationToken);
    }

    // Here messageId names the message reacted to, as in every API of the field; the reaction's own id is made here.
    private static async Task<IResult> ReactAsync(string id, HttpContext context, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var body = await JsonBody.ReadAsync(context.Request, optional: false, cancellationToken);
        var to = body.Text("to", 128);
        var content = ContentFields.Reaction(body);
        var (clientRef, queue, later) = (body.Text("clientRef", 128), body.Flag("queue", true), body.Flag("async", false));
        body.Finish();
        var request = new SendRequest(to is null ? null : Recipient.Parse(to), content)
        {
            MessageId = Idempotency.MessageIdOf(context),
            ClientRef = clientRef,
            Queue = queue,
            Async = later,
        };
        return await SendAnswer.SendAsync(context, grains, instance, request, cancellationToken);
    }
}
