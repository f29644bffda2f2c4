using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Placement;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Telemetry;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// Keeps desired instances running (orleans-notes §5): every few seconds, and whenever a silo comes or goes, it looks for those whose owner is
/// nobody or a silo that is gone, and wakes those that fall to this silo, the recently active first; those of its own that are active nowhere too, and now and then all of its own. When its lease runs again
/// it looks at once. It also pokes webhooks with due rows that nobody has claimed. Reminders play no part.
/// </summary>
internal sealed partial class InstanceSweeper(
    IInstanceRegistry registry, IOutboxStore outbox, LocalInstances local, OwnLease lease, ClaimRights rights, IGrainFactory grains, ILocalSiloDetails silo,
    IClusterMembershipService membership, RepeatedErrors errors, IOptions<InstanceTimings> timings, TimeProvider time, ILogger<InstanceSweeper> logger) : BackgroundService
{
    private const int OwnEvery = 12;
    private static readonly TimeSpan Neglected = TimeSpan.FromSeconds(30);
    // A list that does not come (a cut network) makes room for the next try.
    private static readonly TimeSpan ListPatience = TimeSpan.FromSeconds(10);

    private readonly Wakes _instances = new("could not be woken", (id, token) => grains.GetGrain<IInstanceGrain>(id).EnsureRunningAsync(token), errors, time, logger);
    private readonly Wakes _webhooks = new("webhooks could not be poked", (id, _) => grains.GetGrain<IWebhookGrain>(id).PokeAsync(), errors, time, logger);
    private TaskCompletionSource _change = new(TaskCreationOptions.RunContinuationsAsynchronously);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (timings.Value.SweepDelay > TimeSpan.Zero)
            await Task.Delay(timings.Value.SweepDelay, time, stoppingToken);
        var watch = WatchMembershipAsync(stoppingToken);
        EventHandler resumed = (_, _) => EndPause();
        lease.Resumed += resumed;
        for (var sweep = 1; !stoppingToken.IsCancellationRequested; sweep++)
        {
            var change = Volatile.Read(ref _change);
            try
            {
                // Without the lease nothing may be woken, and the watch of the lease tells of it.
                if (lease.IsHeld)
                    await SweepAsync(withOwn: sweep % OwnEvery == 0, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                break;
            }
            catch (Exception error)
            {
                errors.Tell(logger, "the sweep failed; trying again", "this silo", error);
            }
            await Task.WhenAny(Task.Delay(timings.Value.SweepPeriod, time, stoppingToken), change.Task);
        }
        lease.Resumed -= resumed;
        await watch.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    // A silo that comes or goes ends the pause, so that a crash is not noticed seconds later only.
    private async Task WatchMembershipAsync(CancellationToken stoppingToken)
    {
        await foreach (var _ in membership.MembershipUpdates.WithCancellation(stoppingToken))
            EndPause();
    }

    private void EndPause() => Interlocked.Exchange(ref _change, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    private async Task SweepAsync(bool withOwn, CancellationToken cancellationToken)
    {
        var self = silo.SiloAddress;
        HashSet<SiloAddress> alive = [.. membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress), self];
        var owners = alive.Select(member => member.ToParsableString()).ToHashSet(StringComparer.Ordinal);
        var name = self.ToParsableString();
        var desired = await PatientlyAsync(registry.ListDesiredAsync, cancellationToken);
        var wake = desired.Where(instance => instance.Owner == name
            ? !local.Has(instance.InstanceId) && rights.May(instance.InstanceId)
            : (instance.Owner is null || !owners.Contains(instance.Owner)) && self.Equals(Rendezvous.Pick(instance.InstanceId, alive)) && rights.May(instance.InstanceId))
            .Select(instance => instance.InstanceId).ToList();
        if (wake.Count > 0)
            LogWaking(logger, wake.Count);
        if (withOwn)
            wake.AddRange(desired.Where(instance => instance.Owner == name).Select(instance => instance.InstanceId));
        await _instances.AllAsync(wake, cancellationToken);
        await _webhooks.AllAsync(await PatientlyAsync(token => outbox.FindNeglectedAsync(Neglected, 1000, token), cancellationToken), cancellationToken);
    }

    private async Task<T> PatientlyAsync<T>(Func<CancellationToken, ValueTask<T>> ask, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(ListPatience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        return await ask(both.Token).AsTask().WaitAsync(both.Token);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "waking {Count} instances")]
    private static partial void LogWaking(ILogger logger, int count);
}
