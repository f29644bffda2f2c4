using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Placement;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// Keeps desired instances running (orleans-notes §5): every few seconds, and whenever a silo comes or goes, it looks for those whose owner is
/// nobody or a silo that is gone, and wakes those that fall to this silo, the recently active first; now and then it asks its own too, in case one is active nowhere. It also pokes webhooks with due rows that nobody has
/// claimed. Reminders play no part.
/// </summary>
internal sealed partial class InstanceSweeper(
    IInstanceRegistry registry, IOutboxStore outbox, OwnLease lease, ClaimRights rights, IGrainFactory grains, ILocalSiloDetails silo, IClusterMembershipService membership,
    IOptions<InstanceTimings> timings, TimeProvider time, ILogger<InstanceSweeper> logger) : BackgroundService
{
    private const int AtOnce = 32;
    private const int OwnEvery = 12;
    private static readonly TimeSpan Neglected = TimeSpan.FromSeconds(30);

    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (timings.Value.SweepDelay > TimeSpan.Zero)
            await Task.Delay(timings.Value.SweepDelay, time, stoppingToken);
        var watch = WatchMembershipAsync(stoppingToken);
        var resumed = lease.Resumed;
        for (var sweep = 1; !stoppingToken.IsCancellationRequested; sweep++)
        {
            var change = Volatile.Read(ref _change);
            try
            {
                if (!lease.IsHeld)
                    throw new InvalidOperationException("this silo's lease has run out");
                var again = lease.Resumed;
                await WakeInstancesAsync(withOwn: sweep % OwnEvery == 0 || again != resumed, stoppingToken);
                resumed = again;
                foreach (var instanceId in await outbox.FindNeglectedAsync(Neglected, 1000, stoppingToken))
                    await grains.GetGrain<IWebhookGrain>(instanceId).PokeAsync();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                LogSweepFailed(logger, error);
            }
            await Task.WhenAny(Task.Delay(timings.Value.SweepPeriod, time, stoppingToken), change.Task);
        }
        await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // A silo that comes or goes ends the pause, so that a crash is not noticed seconds later only.
    private async Task WatchMembershipAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in membership.MembershipUpdates.WithCancellation(stoppingToken))
            Interlocked.Exchange(ref _change, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
    }

    private async Task WakeInstancesAsync(bool withOwn, CancellationToken cancellationToken)
    {
        var self = silo.SiloAddress;
        HashSet<SiloAddress> alive = [.. membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress), self];
        var owners = alive.Select(member => member.ToParsableString()).ToHashSet(StringComparer.Ordinal);
        var desired = await registry.ListDesiredAsync(cancellationToken);
        var orphans = desired.Where(instance => (instance.Owner is null || !owners.Contains(instance.Owner)) && self.Equals(Rendezvous.Pick(instance.InstanceId, alive)) && rights.May(instance.InstanceId)).ToList();
        if (orphans.Count > 0)
            LogWaking(logger, orphans.Count);
        if (withOwn)
        {
            var name = self.ToParsableString();
            orphans.AddRange(desired.Where(instance => instance.Owner == name));
        }
        await Parallel.ForEachAsync(orphans, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (instance, token) =>
            {
                try
                {
                    await grains.GetGrain<IInstanceGrain>(instance.InstanceId).EnsureRunningAsync(token);
                }
                catch (InstanceProblemException gone) when (gone.Code is "instance-not-found" or "instance-busy")
                {
                    // Deleted since the list was read, or let go a moment ago.
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    LogWakeFailed(logger, instance.InstanceId, error);
                }
            });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "waking {Count} instances")]
    private static partial void LogWaking(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "sweep failed; trying again")]
    private static partial void LogSweepFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{InstanceId} could not be woken")]
    private static partial void LogWakeFailed(ILogger logger, string instanceId, Exception error);
}
