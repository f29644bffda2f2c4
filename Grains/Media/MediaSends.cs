using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Transfer;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Media;

/// <summary>How a media send stands: with the server's ack, or durable and on its way under this id.</summary>
internal sealed record MediaSendResult(SentMessage? Sent, string MessageId);

/// <summary>
/// The media sends of one instance, on its grain's scheduler. A caller who waits gets the server's ack; who does not, or whose file takes long, gets an id once the
/// message is durable as held (<see cref="IHeldMessages"/>): from then on it survives the process, and the next owner goes on under the same id.
/// </summary>
/// <param name="instanceId">Whose.</param>
/// <param name="request">Its network and proxy, as they are now.</param>
/// <param name="uploads">Does the work.</param>
/// <param name="current">The device now; null while one that broke is replaced.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Never gets names or texts.</param>
internal sealed partial class MediaSends(
    string instanceId, Func<CreateInstance> request, MediaUploads uploads, Func<IWhatsAppDevice?> current, TimeProvider time, ILogger logger) : IDisposable
{
    private const int MaxAttempts = 6;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LookAgain = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(2);

    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<string> _held = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Task<MediaSendResult>> _direct = new(StringComparer.Ordinal);

    /// <summary>Sends while the caller waits.</summary>
    /// <param name="message">With a held content.</param>
    /// <param name="recipe">What to upload.</param>
    /// <param name="queue">Make it durable when the connection goes, instead of failing.</param>
    /// <param name="cancellationToken">Stops waiting for the ack.</param>
    /// <exception cref="SendFailedException">With the reason; the file is the caller's to discard.</exception>
    public async Task<MediaSendResult> SendAsync(OutgoingMessage message, MediaRecipe recipe, bool queue, CancellationToken cancellationToken)
    {
        if (message.MessageId is not { } id)
            return await DirectAsync(message, recipe, queue, cancellationToken);
        if (_direct.TryGetValue(id, out var running) || IsHeld(id))
        {
            await uploads.DiscardAsync(recipe.File);
            return running is null ? new MediaSendResult(null, id) : await running;
        }
        var sending = _direct[id] = DirectAsync(message, recipe, queue, cancellationToken);
        try
        {
            return await sending;
        }
        finally
        {
            _direct.Remove(id);
        }
    }

    /// <summary>Goes on with a message that is durable as held: just accepted, or of an earlier owner.</summary>
    public void Resume(string messageId, MediaRecipe recipe) => Start(messageId, recipe, null);

    /// <summary>True while a held message of this id is worked on.</summary>
    public bool IsHeld(string messageId) => _held.Contains(messageId);

    /// <summary>True while a file is on its way, or a caller waits for one.</summary>
    public bool IsWorking => _held.Count > 0 || _direct.Count > 0;

    /// <summary>Stops all work; what is held stays held.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private async Task<MediaSendResult> DirectAsync(OutgoingMessage message, MediaRecipe recipe, bool queue, CancellationToken cancellationToken)
    {
        var device = current() ?? throw NotConnected();
        var upload = uploads.UploadAsync(instanceId, request(), recipe, device.MediaConnections, _stop.Token);
        await ((Task)upload).WaitAsync(Patience, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (!upload.IsCompleted)
            return new MediaSendResult(null, await HoldAsync(device, message, recipe, upload));
        OutgoingMedia file;
        try
        {
            file = await upload;
        }
        catch (LinkClosedException) when (queue)
        {
            return new MediaSendResult(null, await HoldAsync(device, message, recipe, null));
        }
        catch (Exception error)
        {
            throw Failure(error) ?? error;
        }
        try
        {
            return await DeliverAsync(device, message with { Content = Complete((OutgoingMedia)message.Content, file) }, queue, cancellationToken);
        }
        finally
        {
            await uploads.DiscardAsync(recipe.File);
        }
    }

    private static async Task<MediaSendResult> DeliverAsync(IWhatsAppDevice device, OutgoingMessage message, bool queue, CancellationToken cancellationToken)
    {
        try
        {
            var sent = await device.SendAsync(message, cancellationToken);
            return new MediaSendResult(sent, sent.MessageId);
        }
        catch (SendFailedException refused) when (refused.Code == "instance-not-connected" && queue)
        {
            // The connection went; the file is uploaded, the message waits like any other.
            return new MediaSendResult(null, await device.QueueAsync(message with { MessageId = refused.MessageId ?? message.MessageId, Delay = TimeSpan.Zero }, cancellationToken));
        }
    }

    private async Task<string> HoldAsync(IWhatsAppDevice device, OutgoingMessage message, MediaRecipe recipe, Task<OutgoingMedia>? upload)
    {
        var id = await device.QueueAsync(message with { Delay = TimeSpan.Zero }, CancellationToken.None);
        Start(id, recipe, upload);
        return id;
    }

    private void Start(string messageId, MediaRecipe recipe, Task<OutgoingMedia>? upload)
    {
        if (_held.Add(messageId))
            _ = FinishAsync(messageId, recipe, upload);
    }

    private async Task FinishAsync(string messageId, MediaRecipe recipe, Task<OutgoingMedia>? upload)
    {
        try
        {
            for (var attempt = 1; !await TryFinishAsync(messageId, recipe, upload, attempt); attempt++)
            {
                upload = upload is { IsCompletedSuccessfully: true } ? upload : null;
                await Task.Delay(FirstPause * (1 << Math.Min(attempt, 6)), time, _stop.Token);
            }
            await uploads.DiscardAsync(recipe.File);
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException or FencedException)
        {
            // The next owner goes on.
        }
        catch (Exception error)
        {
            LogBroken(logger, instanceId, messageId, error);
        }
        finally
        {
            _held.Remove(messageId);
        }
    }

    // True when the message is released or has failed for good.
    private async Task<bool> TryFinishAsync(string messageId, MediaRecipe recipe, Task<OutgoingMedia>? upload, int attempt)
    {
        var device = await WhenOpenAsync();
        OutgoingMedia file;
        try
        {
            file = await (upload ?? uploads.UploadAsync(instanceId, request(), recipe, device.MediaConnections, _stop.Token));
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            if (error is LinkClosedException || (error is not SendFailedException && attempt < MaxAttempts))
                return false;
            return await SettledAsync(() => device.AbandonAsync(messageId, Failure(error) ?? new SendFailedException("internal", "the file could not be prepared"), _stop.Token));
        }
        return await SettledAsync(async () =>
        {
            try
            {
                await device.ReleaseAsync(messageId, file, _stop.Token);
            }
            catch (SendFailedException)
            {
                // Refused or not confirmed yet: the row and its events tell.
            }
        });
    }

    private static async Task<bool> SettledAsync(Func<Task> change)
    {
        try
        {
            await change();
            return true;
        }
        catch (LinkClosedException)
        {
            // The device is being replaced: nothing was committed.
            return false;
        }
    }

    private async Task<IWhatsAppDevice> WhenOpenAsync()
    {
        while (true)
        {
            var device = current();
            if (device?.Snapshot is { Status: DeviceStatus.Open })
                return device;
            await Task.Delay(LookAgain, time, _stop.Token);
        }
    }

    // Caption, name and view once are the caller's; the rest is the file's.
    private static OutgoingMedia Complete(OutgoingMedia held, OutgoingMedia file) => file with { Caption = held.Caption, FileName = held.FileName, ViewOnce = held.ViewOnce };

    private static SendFailedException? Failure(Exception error) => error switch
    {
        SendFailedException failure => failure,
        MediaUploadException or MediaConnectionException => new SendFailedException("media-upload-failed", error.Message),
        MediaWorkerFullException => new SendFailedException("rate-limited", error.Message),
        LinkClosedException => NotConnected(),
        TimeoutException or IqErrorException => new SendFailedException("media-upload-failed", "WhatsApp named no media host"),
        IOException => new SendFailedException("media-upload-failed", "the file could not be read from the object store"),
        _ => null,
    };

    private static SendFailedException NotConnected() => new("instance-not-connected", "there is no connection to WhatsApp");

    [LoggerMessage(Level = LogLevel.Error, Message = "{InstanceId}: the media message {MessageId} broke; it is tried again when the instance starts")]
    private static partial void LogBroken(ILogger logger, string instanceId, string messageId, Exception error);
}
