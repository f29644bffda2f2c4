using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using WhatsApp.Grains.Placement;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// Gives instances to silos that have fewer (orleans-notes §5): active grains never move by themselves, so a new silo would stay empty.
/// Gently: a few per second, the least recently active first, none that is busy, and not before the cluster has been the same for a while.
/// </summary>
internal sealed partial class InstanceRebalancer(
    LocalInstances local, IInstanceRegistry registry, ILocalSiloDetails silo, IClusterMembershipService membership,
    IOptions<InstanceTimings> timings, TimeProvider time, ILogger<InstanceRebalancer> logger) : BackgroundService
{
    private static readonly TimeSpan BetweenMoves = TimeSpan.FromMilliseconds(200);

    private readonly OwnerlessWatch _ownerless = new(time);
    private HashSet<SiloAddress> _silos = [];
    private long _since;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (timings.Value.RebalancePeriod <= TimeSpan.Zero)
            return;
        using var timer = new PeriodicTimer(timings.Value.RebalancePeriod, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            try
            {
                await RebalanceAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogFailed(logger, error);
            }
    }

    private async Task RebalanceAsync(CancellationToken cancellationToken)
    {
        if (!IsCalm())
        {
            _ownerless.Forget();
            return;
        }
        var owned = (await registry.ListDesiredAsync(cancellationToken)).ToLookup(instance => instance.Owner, instance => instance.InstanceId, StringComparer.Ordinal);
        var names = _silos.ToDictionary(member => member.ToParsableString(), StringComparer.Ordinal);
        // Some are still on their way to an owner: the sweepers come first.
        if (_ownerless.MustWait(owned.Where(group => group.Key is null || !names.ContainsKey(group.Key)).SelectMany(group => group)))
            return;
        var self = silo.SiloAddress.ToParsableString();
        var targets = BalancePlan.Of(names.Keys.ToDictionary(name => name, name => owned[name].Count(), StringComparer.Ordinal)).Where(move => move.From == self).Select(move => names[move.To]).ToList();
        if (targets.Count == 0)
            return;
        var moved = await MoveAsync(new Queue<string>(owned[self].Reverse()), targets, cancellationToken);
        LogRebalanced(logger, moved, targets.Count);
    }

    // At most what one period has room for: the next round counts anew.
    private async Task<int> MoveAsync(Queue<string> candidates, List<SiloAddress> targets, CancellationToken cancellationToken)
    {
        var moved = 0;
        var until = time.GetTimestamp();
        while (moved < targets.Count && time.GetElapsedTime(until) < timings.Value.RebalancePeriod && IsCalm() && candidates.TryDequeue(out var instanceId))
            if (await local.AskAsync(instanceId, grain => grain.TryMove(targets[moved])).WaitAsync(cancellationToken))
            {
                moved++;
                await Task.Delay(BetweenMoves, time, cancellationToken);
            }
        return moved;
    }

    /// <summary>True when the same silos have been there for a while, all of them active.</summary>
    private bool IsCalm()
    {
        var members = membership.CurrentSnapshot.Members.Values.Where(member => member.Status is not (SiloStatus.Dead or SiloStatus.None)).ToList();
        HashSet<SiloAddress> now = [.. members.Select(member => member.SiloAddress)];
        if (!now.SetEquals(_silos))
            (_silos, _since) = (now, time.GetTimestamp());
        return members.All(member => member.Status == SiloStatus.Active) && now.Contains(silo.SiloAddress) && time.GetElapsedTime(_since) >= timings.Value.RebalanceCalm;
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "gave {Moved} of {Count} instances to silos with fewer")]
    private static partial void LogRebalanced(ILogger logger, int moved, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "rebalancing failed; trying again")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
