using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using Orleans.Runtime.Placement;
using WhatsApp.Grains.Placement;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// Empties a silo that is asked to stop (orleans-notes §5): every instance moves to another silo while this one still answers.
/// Registered after Orleans, so that it stops before it.
/// </summary>
internal sealed partial class InstanceDrainer(
    LocalInstances local, ClaimRights rights, ILocalSiloDetails silo, IClusterMembershipService membership, TimeProvider time, ILogger<InstanceDrainer> logger) : IHostedService
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(50);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public async Task StopAsync(CancellationToken cancellationToken)
    {
        // When all silos stop at once, each is still a member to the others: they would send their instances round in circles.
        rights.Leave();
        using var patience = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var asked = new HashSet<IGrainContext>(ReferenceEqualityComparer.Instance);
        var since = time.GetTimestamp();
        while (!local.IsEmpty && !both.IsCancellationRequested)
        {
            SiloAddress[] others = [.. membership.CurrentSnapshot.Members.Values
                .Where(member => member.Status == SiloStatus.Active && !member.SiloAddress.Equals(silo.SiloAddress)).Select(member => member.SiloAddress)];
            // The last silo of all has nowhere to move them: they close with it and open with the next.
            if (others.Length == 0)
                return;
            foreach (var (instanceId, activation) in local.All)
                if (asked.Add(activation))
                    activation.Migrate(new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = Rendezvous.Pick(instanceId, others)! }, CancellationToken.None);
            await Task.Delay(BetweenLooks, time, both.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
        if (asked.Count > 0)
            LogDrained(logger, asked.Count, (int)time.GetElapsedTime(since).TotalMilliseconds, local.All.Count);
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "drained {Count} instances in {Milliseconds} ms; {Left} left")]
    private static partial void LogDrained(ILogger logger, int count, int milliseconds, int left);
}
