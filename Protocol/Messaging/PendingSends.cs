using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// After a login: rows that the server has not acknowledged go out again under the same id, by priority, oldest first (architecture §4).
/// New messages wait until those have their place in the order of their chats. Those for later follow when their time comes.
/// </summary>
internal sealed class PendingSends(IDeviceLink link, MessageSender sender, LiveSends live, ScheduledSends scheduled, ILogger logger)
{
    private const int PageSize = 500;
    private static readonly TimeSpan GateTimeout = TimeSpan.FromSeconds(30);
    private TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts the resends and opens the gate. Returns when they are under way, not when they are acknowledged.</summary>
    public async Task OnOpenAsync(CancellationToken cancellationToken)
    {
        sender.OnOpen();
        var dueBy = link.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = await link.Store.LoadPendingAsync(dueBy, PageSize, cancellationToken);
        if (rows.Count > 0)
            MessagingLog.PendingFound(logger, rows.Count);
        var under = rows.Select(sender.ResumeAsync).ToList();
        _ready.TrySetResult();
        if (rows.Count == PageSize)
            _ = ContinueAsync(under, dueBy, [.. rows.Select(row => row.Key.Id)]);
        scheduled.Start(dueBy);
    }

    /// <summary>Closes the gate.</summary>
    public void OnClosed()
    {
        scheduled.Stop();
        if (_ready.Task.IsCompleted)
            _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Completes when new messages may be sent.</summary>
    /// <exception cref="TimeoutException">The connection is not ready after 30 s.</exception>
    public Task WaitAsync(CancellationToken cancellationToken) => _ready.Task.WaitAsync(GateTimeout, link.Time, cancellationToken);

    // More than a page was waiting: the next ones follow when these are on their way. Stops when a page brings nothing new.
    private async Task ContinueAsync(List<Task> under, long dueBy, HashSet<string> tried)
    {
        try
        {
            while (link.IsOpen)
            {
                await Task.WhenAll(under);
                await live.WaitForAllAsync();
                var rows = (await link.Store.LoadPendingAsync(dueBy, PageSize, CancellationToken.None)).Where(row => tried.Add(row.Key.Id)).ToList();
                if (rows.Count == 0)
                    return;
                under = rows.Select(sender.ResumeAsync).ToList();
            }
        }
        catch (Exception error)
        {
            MessagingLog.SendBroken(logger, "(pending)", error);
        }
    }
}
