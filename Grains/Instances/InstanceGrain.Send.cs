using System.Globalization;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

// Sends: queued to the device's pump, answered after the server's ack.
internal sealed partial class InstanceGrain
{
    public async Task<SendReceipt> SendTextAsync(SendTextRequest request, CancellationToken cancellationToken)
    {
        RequireExists();
        if (!IsLinked || _run?.Device is not { } device)
            throw NotConnected(StatusNow);
        var message = new SendText(Jid.Parse(request.To), request.Text) { MessageId = request.MessageId, ClientRef = request.ClientRef };
        try
        {
            if (request.Async || (request.Queue && device.Snapshot.Status != DeviceStatus.Open))
                return await QueueAsync(device, message, cancellationToken);
            try
            {
                var sent = await device.SendTextAsync(message, cancellationToken);
                return new SendReceipt(sent.MessageId, sent.To.ToString(), "server_ack", sent.Timestamp, request.ClientRef);
            }
            catch (SendFailedException refused) when (refused.Code == "instance-not-connected" && request.Queue)
            {
                // The connection went between the look and the send.
                return await QueueAsync(device, message with { MessageId = refused.MessageId ?? message.MessageId }, cancellationToken);
            }
        }
        catch (SendFailedException refused)
        {
            throw Problem(refused, device);
        }
        catch (FencedException)
        {
            LetGo();
            throw Busy();
        }
    }

    private async Task<SendReceipt> QueueAsync(IWhatsAppDevice device, SendText message, CancellationToken cancellationToken)
    {
        var id = await device.QueueTextAsync(message, cancellationToken);
        return new SendReceipt(id, message.To.ToString(), "queued", time.GetUtcNow().ToUnixTimeSeconds(), message.ClientRef);
    }

    private static InstanceProblemException Problem(SendFailedException refused, IWhatsAppDevice device)
    {
        var facts = new Dictionary<string, string>();
        if (refused.MessageId is { } id)
            facts["messageId"] = id;
        if (refused.Nack is { } nack)
            facts["nack"] = nack.ToString(CultureInfo.InvariantCulture);
        if (refused.Code == "instance-not-connected")
            facts["state"] = StatusNames.Of(device.Snapshot.Status);
        return new InstanceProblemException(refused.Code, refused.Message, facts);
    }
}
