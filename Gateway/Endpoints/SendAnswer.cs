using Orleans.Runtime;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>The answer to every send: 200 when the server has it, 202 while it waits.</summary>
internal static class SendAnswer
{
    private const string PhoneServer = "@s.whatsapp.net";

    /// <summary>Sends and answers.</summary>
    public static async Task<IResult> SendAsync(HttpContext context, IGrainFactory grains, string instance, SendRequest request, CancellationToken cancellationToken)
    {
        var grain = grains.GetGrain<IInstanceGrain>(instance);
        var receipt = context.RequestServices.GetRequiredService<ClusterConnection>() is { IsRemote: true } cluster
            ? await SendThroughAsync(cluster, context, grain, WithId(request, context), cancellationToken)
            : await grain.SendAsync(request, cancellationToken);
        var waits = receipt.Status != "server_ack";
        var answer = new
        {
            success = true,
            instanceId = instance,
            messageId = receipt.MessageId,
            status = receipt.Status,
            to = receipt.To,
            phoneNumber = receipt.To.EndsWith(PhoneServer, StringComparison.Ordinal) ? receipt.To[..^PhoneServer.Length] : null,
            timestamp = DateTimeOffset.FromUnixTimeSeconds(receipt.Timestamp),
            clientRef = receipt.ClientRef,
            position = receipt.Position,
            estimatedAt = receipt.EstimatedAt,
            key = new { remoteJid = receipt.To, fromMe = true, id = receipt.MessageId },
        };
        return waits ? Results.Accepted($"/instances/{instance}/messages/{Uri.EscapeDataString(receipt.MessageId)}", answer) : Results.Ok(answer);
    }

    private static SendRequest WithId(SendRequest request, HttpContext context) =>
        request.MessageId is not null ? request : request with { MessageId = SendIds.Of(context), IsNewId = SendIds.TakeNew(context) };

    // A silo that dies with a send takes the answer along, not the message: asked again under the same id, the next owner tells what became of it, or sends it.
    private static async Task<SendReceipt> SendThroughAsync(ClusterConnection cluster, HttpContext context, IInstanceGrain grain, SendRequest request, CancellationToken cancellationToken)
    {
        cluster.MayRepeat = true;
        try
        {
            return await context.RequestServices.GetRequiredService<Patience>().RunAsync(() =>
            {
                var attempt = request;
                request = request with { IsNewId = false };
                return grain.SendAsync(attempt, cancellationToken);
            }, Patience.WasLost, cancellationToken);
        }
        catch (Exception error) when (Patience.WasLost(error) || error is TimeoutException or ProblemException)
        {
            throw new ProblemException(error is InstanceProblemException { Code: Patience.StorageUnavailable } ? Patience.StorageUnavailable : "instance-busy",
                "the instance did not answer in time; whether the message left is not known: send it again with this messageId",
                facts: new Dictionary<string, string> { ["messageId"] = request.MessageId! });
        }
    }
}
