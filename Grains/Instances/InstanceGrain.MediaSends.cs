using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Media;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

// Sends with a file.
internal sealed partial class InstanceGrain
{
    private const int MostHeld = 500;
    private MediaSends? _mediaSends;

    private async Task<SendReceipt> SendMediaAsync(SendRequest request, MediaContent media, IWhatsAppDevice device, CancellationToken cancellationToken)
    {
        var (message, recipe) = (SendContents.Read(request), MediaRecipe.Of(media));
        var sends = _mediaSends ?? throw Busy();
        if (request.MessageId is { } chosen && !sends.IsHeld(chosen) && (await _host!.FindMessagesAsync(chosen, cancellationToken)).FirstOrDefault(row => row.FromMe) is { } known)
        {
            // A repeat: the answer is about the message there is.
            await mediaUploads.DiscardAsync(media.File);
            if (IHeldMessages.RecipeOf(known) is not null)
                return Queued(known.Key.Id, request);
            if (device.Snapshot.Status != DeviceStatus.Open)
                return ReceiptOf(known, request);
            var sent = await device.SendAsync(message, cancellationToken);
            return new SendReceipt(sent.MessageId, sent.To.ToString(), "server_ack", sent.Timestamp, request.ClientRef);
        }
        if (device.Snapshot.Status != DeviceStatus.Open || request.Async || request.SendAt > time.GetUtcNow())
            return await HoldAsync(device, message, recipe, cancellationToken);
        var result = await sends.SendAsync(message, recipe, request.Queue, cancellationToken);
        return result.Sent is { } acknowledged
            ? new SendReceipt(acknowledged.MessageId, acknowledged.To.ToString(), "server_ack", acknowledged.Timestamp, request.ClientRef)
            : Queued(result.MessageId, request);
    }

    private async Task<SendReceipt> HoldAsync(IWhatsAppDevice device, OutgoingMessage message, MediaRecipe recipe, CancellationToken cancellationToken)
    {
        var receipt = await QueueAsync(device, message, cancellationToken);
        _mediaSends?.Resume(receipt.MessageId, recipe);
        return receipt;
    }

    private SendReceipt Queued(string messageId, SendRequest request) =>
        new(messageId, request.To ?? "", "queued", time.GetUtcNow().ToUnixTimeSeconds(), request.ClientRef);

    // Messages of the owner before us that wait for their file.
    private async Task ResumeMediaSendsAsync(CancellationToken cancellationToken)
    {
        var first = _ownership!.Definition.Request;
        _mediaSends = new MediaSends(InstanceId, () => _ownership?.Definition.Request ?? first, mediaUploads, () => _run?.Device, time, logger);
        foreach (var row in await _host!.LoadPendingAsync(long.MaxValue, MostHeld, cancellationToken))
            if (IHeldMessages.RecipeOf(row) is { } text && MediaRecipe.Parse(text) is { } recipe)
                _mediaSends.Resume(row.Key.Id, recipe);
    }

    private void StopMediaSends()
    {
        _mediaSends?.Dispose();
        _mediaSends = null;
    }
}
