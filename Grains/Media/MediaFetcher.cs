using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Media.Transfer;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Media;

/// <summary>
/// Fetches the files of one instance's messages: looks at the rows that are wanted and due, a few at a time, and writes what became of each.
/// The rows are all there is to remember: who owns the instance next goes on. Lives on its owner's scheduler; the work is done elsewhere.
/// </summary>
internal sealed partial class MediaFetcher(
    string instanceId, ReceivedMedia parts, MediaFetch fetch, Func<CreateInstance> request, Func<IWhatsAppDevice?> device, Action outboxChanged) : IAsyncDisposable
{
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();
    private readonly Dictionary<MessageKey, Task> _running = [];
    private readonly EventRevision _revision = new(instanceId, parts);
    private TaskCompletionSource _wake = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource _settled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _loop = Task.CompletedTask;
    private (IMediaConnectionSource? Connections, MediaDownload Download)? _download;

    /// <summary>True while a file is on its way.</summary>
    public bool IsWorking => _running.Count > 0;

    /// <summary>Begins with what is due.</summary>
    /// <param name="someWait">False = there is nothing in the store yet, so it need not be asked.</param>
    public void Start(bool someWait) => _loop = LoopAsync(someWait);

    /// <summary>There may be something new.</summary>
    public void Wake()
    {
        _wake.TrySetResult();
        var settled = _settled;
        _settled = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        settled.TrySetResult();
    }

    /// <summary>The file, once it is stored, given up or not to be had soon; else as it is when the time is over. Fetches it if nobody has.</summary>
    public async Task<MediaRow> GetAsync(MediaRow row, TimeSpan wait, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(wait, parts.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken, _stop.Token);
        row = await WantAsync(row, cancellationToken);
        while (row.State is MediaState.Wanted or MediaState.Asked && !both.IsCancellationRequested)
        {
            var settled = _settled.Task;
            row = await ReloadAsync(row, cancellationToken);
            if (row.State is MediaState.Wanted or MediaState.Asked)
                await settled.WaitAsync(both.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
        return row;
    }

    /// <summary>Stops fetching; what is not done stays wanted.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll([_loop, .. _running.Values]).WaitAsync(StopPatience, parts.Time)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private async Task<MediaRow> WantAsync(MediaRow row, CancellationToken cancellationToken)
    {
        var isDue = row.State switch
        {
            MediaState.Described => true,
            MediaState.Stored => true, // the object has vanished: fetched anew
            MediaState.Wanted => row.DueAt > parts.Now,
            MediaState.Failed => parts.Now - row.DueAt >= (long)parts.Options.FailedPause.TotalMilliseconds,
            _ => false,
        };
        if (!isDue)
            return row;
        // Before all that wait by themselves: somebody is waiting for this one.
        var wanted = row with { State = MediaState.Wanted, DueAt = 0, Attempts = 0, Asks = row.State == MediaState.Failed ? 0 : row.Asks, Failure = null };
        await parts.Store.ChangeAsync(instanceId, row.State, wanted, cancellationToken);
        Wake();
        return wanted;
    }

    private async Task<MediaRow> ReloadAsync(MediaRow row, CancellationToken cancellationToken) =>
        (await parts.Store.FindAsync(instanceId, row.Media.Key.Id, cancellationToken)).FirstOrDefault(one => one.Media.Key == row.Media.Key) ?? row;

    private async Task LoopAsync(bool someWait)
    {
        while (!_stop.IsCancellationRequested)
        {
            var woken = _wake.Task;
            var sleep = AfterFailure;
            try
            {
                sleep = someWait ? await StartDueAsync() : LongestSleep;
                someWait = true;
            }
            catch (Exception error) when (!_stop.IsCancellationRequested)
            {
                LogFailed(parts.Logger, DatabaseOutage.Find(error) is null ? LogLevel.Error : LogLevel.Debug, instanceId, error);
            }
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            await Task.WhenAny(woken, Task.Delay(sleep, parts.Time, over.Token));
            await over.CancelAsync();
            if (woken.IsCompleted)
                _wake = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    // Starts what is due and fits; returns when to look again. A job that ends wakes the loop.
    private async Task<TimeSpan> StartDueAsync()
    {
        var now = parts.Now;
        var due = await parts.Store.FindDueAsync(instanceId, now, parts.Options.AtOnce + _running.Count, _stop.Token);
        foreach (var row in due)
            if (_running.Count < parts.Options.AtOnce && !_running.ContainsKey(row.Media.Key))
                _running[row.Media.Key] = RunAsync(row);
        var next = await parts.Store.NextDueAsync(instanceId, now, _stop.Token);
        return next is { } at && TimeSpan.FromMilliseconds(at - now) is var pause && pause < LongestSleep ? pause : LongestSleep;
    }

    private async Task RunAsync(MediaRow row)
    {
        await Task.Yield();
        try
        {
            await (row.State == MediaState.Asked ? AskAsync(row) : FetchAsync(row));
        }
        catch (Exception error)
        {
            // The row stays as it was; the pause keeps a store that fails from being asked without end.
            if (!_stop.IsCancellationRequested)
            {
                LogFailed(parts.Logger, DatabaseOutage.Find(error) is null ? LogLevel.Error : LogLevel.Debug, instanceId, error);
                await Task.Delay(AfterFailure, parts.Time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            }
        }
        finally
        {
            _running.Remove(row.Media.Key);
            Wake();
        }
    }

    private async Task FetchAsync(MediaRow row)
    {
        var download = Download();
        var result = await parts.Worker.RunAsync(instanceId, MediaWork.Transfer, token => fetch.RunAsync(instanceId, row.Media, download, token), _stop.Token);
        switch (result)
        {
            case FetchResult.Kept kept:
                await EndAsync(row, Stored(row, kept));
                break;
            case FetchResult.Gone:
                await AskAsync(row);
                break;
            case FetchResult.Later later when row.Attempts + 1 < parts.Options.Tries:
                LogLater(parts.Logger, instanceId, row.Media.Key.Id, later.Reason, row.Attempts + 1);
                await parts.Store.ChangeAsync(instanceId, row.State, row with { Attempts = row.Attempts + 1, DueAt = parts.Now + PauseAfter(row.Attempts) }, _stop.Token);
                break;
            case FetchResult.Later later:
                await FailAsync(row, later.Reason);
                break;
            case FetchResult.Never never:
                await FailAsync(row, never.Reason);
                break;
        }
    }

    private MediaRow Stored(MediaRow row, FetchResult.Kept kept) => row with
    {
        State = MediaState.Stored,
        ObjectKey = kept.ObjectKey,
        ContentType = kept.ContentType,
        StoredLength = kept.Length,
        StoredAt = parts.Now,
        ExpiresAt = ReceivedMedia.KeptFor(request().Settings) is { } time ? parts.Now + (long)time.TotalMilliseconds : null,
        Failure = null,
    };

    // Committed before it is asked: the answer finds a row that waits for it.
    private async Task AskAsync(MediaRow row)
    {
        if (row.Media.MediaKey is null || row.Asks >= parts.Options.PhonePatience.Count)
        {
            await FailAsync(row, "gone");
            return;
        }
        var asked = row with { State = MediaState.Asked, Asks = row.Asks + 1, DueAt = parts.Now + (long)parts.Options.PhonePatience[row.Asks].TotalMilliseconds };
        if (!await parts.Store.ChangeAsync(instanceId, row.State, asked, _stop.Token))
            return;
        try
        {
            await (device() ?? throw new LinkClosedException("the device is stopped")).AskForFileAsync(asked.Media, _stop.Token);
            LogAsked(parts.Logger, instanceId, row.Media.Key.Id);
        }
        catch (LinkClosedException)
        {
            // It was not asked: again when there may be a connection.
            await parts.Store.ChangeAsync(instanceId, MediaState.Asked, asked with { Asks = row.Asks, DueAt = parts.Now + (long)parts.Options.OfflinePause.TotalMilliseconds }, _stop.Token);
        }
    }

    private Task FailAsync(MediaRow row, string reason)
    {
        LogGivenUp(parts.Logger, instanceId, row.Media.Key.Id, reason);
        return EndAsync(row, row with { State = MediaState.Failed, Failure = reason, DueAt = parts.Now });
    }

    private async Task EndAsync(MediaRow before, MediaRow after)
    {
        if (await parts.Store.ChangeAsync(instanceId, before.State, after, _stop.Token) && await _revision.TellAsync(after, request(), _stop.Token))
            outboxChanged();
    }

    // One for all files of a connection: it remembers how often it asked for a new one.
    private MediaDownload Download()
    {
        var connections = device()?.MediaConnections;
        if (_download is not { } known || known.Connections != connections)
        {
            var network = parts.Networks.Find(request());
            _download = known = (connections, new MediaDownload(network.Http, connections, network.Options, parts.Time));
        }
        return known.Download;
    }

    private long PauseAfter(int attempts)
    {
        var pause = parts.Options.FirstPause * Math.Pow(2, Math.Min(attempts, 20));
        return (long)(pause < parts.Options.LongestPause ? pause : parts.Options.LongestPause).TotalMilliseconds;
    }

    // A database that is away is told of once per silo, not by each instance.
    [LoggerMessage(Message = "{InstanceId}: files cannot be fetched now; trying again")]
    private static partial void LogFailed(ILogger logger, LogLevel level, string instanceId, Exception error);

    [LoggerMessage(Level = LogLevel.Information, Message = "{InstanceId}: the file of {MessageId} could not be fetched ({Reason}), try {Attempt}")]
    private static partial void LogLater(ILogger logger, string instanceId, string messageId, string reason, int attempt);

    [LoggerMessage(Level = LogLevel.Information, Message = "{InstanceId}: the file of {MessageId} is gone; our phone was asked for it")]
    private static partial void LogAsked(ILogger logger, string instanceId, string messageId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "{InstanceId}: the file of {MessageId} has failed: {Reason}")]
    private static partial void LogGivenUp(ILogger logger, string instanceId, string messageId, string reason);
}
