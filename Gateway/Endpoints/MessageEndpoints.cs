using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>Sends (rest-api part B).</summary>
internal static class MessageEndpoints
{
    private const int MaxText = 65_536;

    public static void MapMessages(this IEndpointRouteBuilder routes) =>
        routes.MapPost("/instances/{id}/sendMessage", SendTextAsync).Needs("send").WithSummary("Send a text");

    private static async Task<IResult> SendTextAsync(string id, HttpContext context, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var body = await JsonBody.ReadAsync(context.Request, optional: false, cancellationToken);
        var to = body.RequiredText("to", 128);
        var text = body.RequiredText("message", MaxText, alias: "text");
        var messageId = body.Text("messageId", 40);
        if (messageId is not null && !(messageId.Length >= 16 && messageId.All(c => c is (>= '0' and <= '9') or (>= 'A' and <= 'F'))))
            body.Fail<string>("messageId", "invalid-format", "must match ^[A-F0-9]{16,40}$");
        var clientRef = body.Text("clientRef", 128);
        var queue = body.Flag("queue", true);
        var later = body.Flag("async", false);
        body.Finish();

        var request = new SendTextRequest(Recipient.Parse(to), text)
        {
            // A repeat under the same idempotency key after a crash names the same message: it cannot be sent twice.
            MessageId = messageId ?? Idempotency.MessageIdOf(context),
            ClientRef = clientRef,
            Queue = queue,
            Async = later,
        };
        var receipt = await grains.GetGrain<IInstanceGrain>(instance).SendTextAsync(request, cancellationToken);
        return Results.Json(new
        {
            success = true,
            instanceId = instance,
            messageId = receipt.MessageId,
            status = receipt.Status,
            to = receipt.To,
            timestamp = DateTimeOffset.FromUnixTimeSeconds(receipt.Timestamp),
            clientRef = receipt.ClientRef,
            key = new { remoteJid = receipt.To, fromMe = true, id = receipt.MessageId },
        }, statusCode: receipt.Status == "queued" ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }
}
