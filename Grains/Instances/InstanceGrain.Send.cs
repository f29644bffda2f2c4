using System.Globalization;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Webhooks;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

// Sends: queued to the device's pump, answered after the server's ack.
internal sealed partial class InstanceGrain
{
    private static readonly TimeSpan LoadPatience = TimeSpan.FromSeconds(5);

    public async Task<SendReceipt> SendAsync(SendRequest request, CancellationToken cancellationToken)
    {
        _sending++;
        try
        {
            return await SendNowAsync(request, cancellationToken);
        }
        catch (Exception error) when (request.Content is MediaContent { File.IsTemporary: true } && error is not InstanceProblemException { Code: "instance-busy" })
        {
            // Not when another owner is to be asked: the gateway brings the same file there.
            await mediaUploads.DiscardAsync(((MediaContent)request.Content).File);
            throw;
        }
        finally
        {
            _sending--;
        }
    }

    private async Task<SendReceipt> SendNowAsync(SendRequest request, CancellationToken cancellationToken)
    {
        RequireExists();
        await LoadedAsync(cancellationToken);
        ReadyDevice(request);
        var preview = request.Content is TextContent text ? await PreviewAsync(text, request.Async, cancellationToken) : null;
        // Only now: a restart may have replaced it while the page was read.
        var device = ReadyDevice(request);
        try
        {
            var isOpen = device.Snapshot.Status == DeviceStatus.Open;
            if (request.Content is MediaContent media)
                return await SendMediaAsync(request, media, device, cancellationToken);
            if (!isOpen && request.MessageId is { } chosen && (await _host!.FindMessagesAsync(chosen, cancellationToken)).FirstOrDefault(row => row.FromMe) is { } known)
                return ReceiptOf(known, request);
            var message = SendContents.Read(request, preview);
            if (!isOpen || request.Async || request.SendAt > time.GetUtcNow())
                return await QueueAsync(device, message, cancellationToken);
            try
            {
                var sent = await device.SendAsync(message, cancellationToken);
                return new SendReceipt(sent.MessageId, sent.To.ToString(), "server_ack", sent.Timestamp, request.ClientRef);
            }
            catch (SendFailedException refused) when (refused.Code == "instance-not-connected" && request.Queue)
            {
                // The connection went between the look and the send.
                return await QueueAsync(device, message with { MessageId = refused.MessageId ?? message.MessageId, Delay = TimeSpan.Zero }, cancellationToken);
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

    // A repeat while there is no connection: the answer is about the message there is.
    private SendReceipt ReceiptOf(StoredMessage known, SendRequest request) => known.Status switch
    {
        MessageStatus.Failed => throw new SendFailedException(known.Failure ?? "whatsapp-error", "this message was refused before", null, known.Key.Id),
        MessageStatus.Queued or MessageStatus.Pending => new SendReceipt(known.Key.Id, request.To ?? (known.To ?? known.Key.Chat).ToString(), QueueStatus(known) ?? "queued", known.Timestamp, known.ClientRef),
        _ => new SendReceipt(known.Key.Id, request.To ?? (known.To ?? known.Key.Chat).ToString(), "server_ack", known.Timestamp, known.ClientRef),
    };

    // A device that has just been made takes messages as soon as it has read its keys: a new owner is asked before.
    private async Task LoadedAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(LoadPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        while (IsLinked && !both.IsCancellationRequested && _run?.Device is { Snapshot: { Status: DeviceStatus.Created } made } device)
            await Task.WhenAny(device.WaitForChangeAsync(made, both.Token), Task.Delay(LookAgain, time, both.Token));
    }

    private IWhatsAppDevice ReadyDevice(SendRequest request) =>
        IsLinked && _run?.Device is { } device && (request.Queue || device.Snapshot.Status == DeviceStatus.Open) ? device
        // One that broke, as when the database is away, is replaced in a moment: then this message can wait with it.
        : IsLinked && request.Queue && _run is { Device: null } ? throw Busy()
        : throw NotConnected(StatusNow);

    // An async send is answered at once: only what the caller tells himself is shown then.
    private async Task<LinkPreview?> PreviewAsync(TextContent text, bool isAsync, CancellationToken cancellationToken) =>
        isAsync && text.Preview?.Title is null ? null : await linkPreviews.MakeAsync(InstanceId, text, cancellationToken);

    public async Task<MessageReport> FindMessageAsync(string messageId, CancellationToken cancellationToken)
    {
        RequireExists();
        return await _host!.FindMessagesAsync(messageId, cancellationToken) is [var row, ..]
            ? new MessageReport(row.Key.Id, row.Key.Chat.ToString(), row.FromMe, row.Type, QueueStatus(row) ?? EventBodies.StatusName(row.Status), row.Timestamp, row.ClientRef, row.Failure)
            {
                File = await FindFileAsync(messageId, cancellationToken) is { } file ? FileReports.Of(file) : null,
            }
            : throw new InstanceProblemException("message-not-found", $"there is no message {messageId}");
    }

    private static InstanceProblemException Problem(SendFailedException refused, IWhatsAppDevice device)
    {
        var facts = new Dictionary<string, string>();
        if (refused.MessageId is { } id)
            facts["messageId"] = id;
        if (refused.Nack is { } nack)
            facts["nack"] = nack.ToString(CultureInfo.InvariantCulture);
        if (refused.Until is { } until)
            facts["until"] = until.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
        if (refused.Code == "instance-not-connected")
            facts["state"] = StatusNames.Of(device.Snapshot.Status);
        return new InstanceProblemException(refused.Code, refused.Message, facts);
    }
}
