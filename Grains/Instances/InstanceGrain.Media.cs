using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Instances;

// Files of messages.
internal sealed partial class InstanceGrain
{
    private MediaFetcher? _files;

    public async Task<FileReport> GetFileAsync(string messageId, TimeSpan wait, bool again, CancellationToken cancellationToken)
    {
        RequireExists();
        var row = await FindFileAsync(messageId, cancellationToken) ?? throw await NoFileAsync(messageId, cancellationToken);
        if (row.State == MediaState.Removed)
            throw new InstanceProblemException("media-not-found", "the file was removed after the days it is kept (settings.retentionDays)");
        if (row.State != MediaState.Stored || again)
            row = await (_files ?? throw Busy()).GetAsync(row, wait, cancellationToken);
        return row.State switch
        {
            MediaState.Failed when row.Failure == "gone" => throw new InstanceProblemException("media-not-found", "WhatsApp no longer has the file, and our phone did not bring it back"),
            MediaState.Failed => throw new InstanceProblemException("media-fetch-failed", $"the file could not be fetched: {row.Failure}",
                new Dictionary<string, string> { ["reason"] = row.Failure ?? "" }),
            _ => FileReports.Of(row),
        };
    }

    private async Task<MediaRow?> FindFileAsync(string messageId, CancellationToken cancellationToken) =>
        await received.Store.FindAsync(InstanceId, messageId, cancellationToken) is [var row, ..] ? row : null;

    private async Task<InstanceProblemException> NoFileAsync(string messageId, CancellationToken cancellationToken) =>
        await _host!.FindMessagesAsync(messageId, cancellationToken) is []
            ? new InstanceProblemException("message-not-found", $"there is no message {messageId}")
            : new InstanceProblemException("media-not-found", "the message has no file");

    private void StartFiles(bool someWait)
    {
        _files = new MediaFetcher(InstanceId, received, fetch, () => _ownership!.Definition.Request, () => _run?.Device, () => _ = Webhooks.PokeAsync());
        _files.Start(someWait);
    }

    private async Task StopFilesAsync()
    {
        if (_files is not { } files)
            return;
        _files = null;
        await files.DisposeAsync();
    }
}
