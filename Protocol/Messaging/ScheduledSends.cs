using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// While connected: queued rows leave when their time comes. The rows are what is durable; this only watches the clock, so a restart loses nothing.
/// </summary>
internal sealed class ScheduledSends(IDeviceLink link, Func<StoredMessage, Task> resume, ILogger logger)
{
    private const int PageSize = 100;
    private static readonly TimeSpan LongestSleep = TimeSpan.FromHours(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(5);
    private TaskCompletionSource _wake = NewSignal();
    private int _watch;

    /// <summary>Watches from now on; what was due by <paramref name="from"/> (ms since the Unix epoch) is under way already.</summary>
    public void Start(long from) => _ = WatchAsync(++_watch, from);

    /// <summary>Stops watching.</summary>
    public void Stop()
    {
        _watch++;
        Wake();
    }

    /// <summary>A row for later was committed.</summary>
    public void Wake()
    {
        var wake = _wake;
        _wake = NewSignal();
        wake.TrySetResult();
    }

    private async Task WatchAsync(int watch, long after)
    {
        while (watch == _watch)
        {
            var wake = _wake;
            try
            {
                var next = await link.Store.LoadDueAsync(after, long.MaxValue, 1, CancellationToken.None);
                if (watch != _watch)
                    return;
                var now = link.Time.GetUtcNow().ToUnixTimeMilliseconds();
                if (next is [var first] && first.DueAt <= now)
                {
                    await FireAsync(after, now);
                    after = now;
                }
                else
                    await SleepAsync(wake.Task, next is [var later] ? TimeSpan.FromMilliseconds(later.DueAt - now) : LongestSleep);
            }
            catch (Exception error)
            {
                MessagingLog.SendBroken(logger, "(scheduled)", error);
                await SleepAsync(wake.Task, PauseAfterFailure);
            }
        }
    }

    // A full page is followed by the next when all of it has left; rows that cannot leave stay for the next login.
    private async Task FireAsync(long after, long until)
    {
        HashSet<string> tried = [];
        while (true)
        {
            var rows = await link.Store.LoadDueAsync(after, until, PageSize, CancellationToken.None);
            var under = rows.Where(row => tried.Add(row.Key.Id)).Select(resume).ToList();
            if (rows.Count < PageSize || under.Count == 0)
                return;
            await Task.WhenAll(under);
        }
    }

    private async Task SleepAsync(Task wake, TimeSpan time)
    {
        try
        {
            await wake.WaitAsync(time < LongestSleep ? time : LongestSleep, link.Time);
        }
        catch (TimeoutException)
        {
            // Time to look again.
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
