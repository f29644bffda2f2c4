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
    private int _round;
    private TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Starts the resends and opens the gate. Returns when they are under way, not when they are acknowledged.</summary>
    public async Task OnOpenAsync(CancellationToken cancellationToken)
    {
        var dueBy = link.Time.GetUtcNow().ToUnixTimeMilliseconds();
        var rows = await link.Store.LoadPendingAsync(dueBy, PageSize, cancellationToken);
        if (rows.Count > 0)
            MessagingLog.PendingFound(logger, rows.Count);
        sender.IsDraining = rows.Count == PageSize;
        var under = rows.Select(sender.ResumeAsync).ToList();
        if (sender.IsDraining)
            _ = ContinueAsync(_round, under, dueBy, [.. rows.Select(row => row.Key.Id)]);
        else
            _ready.TrySetResult();
        scheduled.Start(dueBy);
    }

    /// <summary>Closes the gate.</summary>
    public void OnClosed()
    {
        scheduled.Stop();
        sender.OnClosed();
        _round++;
        if (_ready.Task.IsCompleted)
            _ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        sender.IsDraining = false;
    }

    /// <summary>Completes when new messages may be sent.</summary>
    /// <exception cref="TimeoutException">The connection is not ready after 30 s.</exception>
    public Task WaitAsync(CancellationToken cancellationToken) => _ready.Task.WaitAsync(GateTimeout, link.Time, cancellationToken);

    // More than a page was waiting: the next ones follow when these are on their way, and the gate stays closed until the last has its place,
    // so that nothing new overtakes them. What was queued meanwhile is part of it.
    private async Task ContinueAsync(int round, List<Task> under, long dueBy, HashSet<string> tried)
    {
        try
        {
            while (link.IsOpen && round == _round && under.Count > 0)
            {
                await Task.WhenAll(under);
                await live.WaitForAllAsync();
                under = await NextAsync(dueBy, tried);
            }
            if (round != _round)
                return;
            sender.IsDraining = false;
            await NextAsync(dueBy, tried); // queued between the last look and now
            if (round == _round)
                _ready.TrySetResult();
        }
        catch (Exception error)
        {
            MessagingLog.SendBroken(logger, "(pending)", error);
            if (round != _round)
                return;
            sender.IsDraining = false;
            _ready.TrySetResult();
        }
    }

    // Rows that could not leave stay at the front: the page grows past them.
    private async Task<List<Task>> NextAsync(long dueBy, HashSet<string> tried)
    {
        var rows = await link.Store.LoadPendingAsync(dueBy, tried.Count + PageSize, CancellationToken.None);
        return [.. rows.Where(row => tried.Add(row.Key.Id)).Select(sender.ResumeAsync)];
    }
}
