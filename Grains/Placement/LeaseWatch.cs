using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Instances;

namespace WhatsApp.Grains.Placement;

/// <summary>
/// Closes the sockets of a silo whose lease has run out (cut off from PostgreSQL, or frozen): nobody is logged out, and others may open them.
/// When the lease runs again and all are closed, the silo takes instances again.
/// </summary>
internal sealed partial class LeaseWatch(OwnLease lease, LocalInstances local, TimeProvider time, ILogger<LeaseWatch> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(500);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(BetweenLooks, time);
        var told = false;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (lease.IsHeld)
                continue;
            if (!told)
                LogLost(logger, local.All.Count);
            told = true;
            foreach (var (_, activation) in local.All)
                InstanceGrain.On(activation, static grain => grain.LetGo());
            if (!local.IsEmpty || !lease.TryResume())
                continue;
            LogResumed(logger);
            told = false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "this silo's lease has run out: closing the sockets of its {Count} instances")]
    private static partial void LogLost(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "this silo's lease runs again")]
    private static partial void LogResumed(ILogger logger);
}
