using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Telemetry;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// Wakes many, a few at a time. One that does not answer holds up none of the others: after a while it is left alone, and not asked a second
/// time before the first call has ended. Throws only when cancelled.
/// </summary>
/// <param name="what">What is told when one fails.</param>
/// <param name="wake">Wakes one.</param>
/// <param name="errors">Where failures go.</param>
/// <param name="time">Clock.</param>
/// <param name="logger">Of the sweeper.</param>
internal sealed partial class Wakes(string what, Func<string, CancellationToken, Task> wake, RepeatedErrors errors, TimeProvider time, ILogger logger)
{
    /// <summary>So many at once, beside those that were left alone.</summary>
    public const int AtOnce = 32;

    /// <summary>After this long the next one is woken.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly ConcurrentDictionary<string, Task> _underWay = new(StringComparer.Ordinal);

    /// <summary>Returns when each has answered or was left alone.</summary>
    public async Task AllAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        var slow = 0;
        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (id, _) =>
        {
            // Not the loop's own token: a call that was left alone outlives the loop.
            if (!await OneAsync(id, cancellationToken))
                Interlocked.Increment(ref slow);
        });
        if (slow > 0)
            LogSlow(logger, what, slow, (int)Patience.TotalSeconds);
    }

    // False when it has not answered.
    private async Task<bool> OneAsync(string id, CancellationToken cancellationToken)
    {
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!_underWay.TryAdd(id, ended.Task))
            return true;
        _ = RunAsync(id, ended, cancellationToken);
        try
        {
            await ended.Task.WaitAsync(Patience, time, cancellationToken);
            return true;
        }
        catch (TimeoutException)
        {
            return false;
        }
    }

    private async Task RunAsync(string id, TaskCompletionSource ended, CancellationToken cancellationToken)
    {
        try
        {
            await wake(id, cancellationToken);
        }
        catch (InstanceProblemException gone) when (gone.Code is "instance-not-found" or "instance-busy")
        {
            // Deleted since the list was read, or let go a moment ago.
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The silo stops.
        }
        catch (Exception error)
        {
            errors.Tell(logger, what, id, error);
        }
        finally
        {
            _underWay.TryRemove(id, out _);
            ended.TrySetResult();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{What}: {Count} have not answered within {Seconds} s; going on without them")]
    private static partial void LogSlow(ILogger logger, string what, int count, int seconds);
}
