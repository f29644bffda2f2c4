using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>The answer to every send: 200 when the server has it, 202 while it waits.</summary>
internal static class SendAnswer
{
    private const string PhoneServer = "@s.whatsapp.net";

    /// <summary>Sends and answers.</summary>
    public static async Task<IResult> SendAsync(IGrainFactory grains, string instance, SendRequest request, CancellationToken cancellationToken)
    {
        var receipt = await grains.GetGrain<IInstanceGrain>(instance).SendAsync(request, cancellationToken);
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
}
