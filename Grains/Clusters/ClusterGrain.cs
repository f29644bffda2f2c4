using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions.Clusters;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Clusters;

/// <summary>Puts together what the membership, the database and the silos themselves say; who does not answer in time is left out.</summary>
[StatelessWorker]
internal sealed partial class ClusterGrain(
    IClusterStore store, IClusterMembershipService membership, SiloSelfClient silos, TimeProvider time, ILogger<ClusterGrain> logger) : Grain, IClusterGrain
{
    private const int MaxMoves = 200;
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(600);

    public async Task<ClusterReport> DescribeAsync(int moves, CancellationToken cancellationToken)
    {
        ClusterMember[] members = [.. membership.CurrentSnapshot.Members.Values.Where(member => member.Status is SiloStatus.Joining or SiloStatus.Active or SiloStatus.ShuttingDown or SiloStatus.Stopping)];
        var selves = members.Select(async member => (member, Self: await AskAsync(member.SiloAddress))).ToList();
        var counts = await ReadAsync(Math.Clamp(moves, 0, MaxMoves), cancellationToken);
        return ClusterPicture.Of(time.GetUtcNow(), await Task.WhenAll(selves), counts);
    }

    private async Task<(SiloSelfReport? Report, bool IsLate)> AskAsync(SiloAddress silo)
    {
        try
        {
            return (await silos.DescribeAsync(silo).WaitAsync(Patience, time), false);
        }
        catch (TimeoutException)
        {
            return (null, true);
        }
        catch (Exception error)
        {
            LogNoAnswer(logger, silo, error.Message);
            // An older version does not know the question; one that has just gone will not be a member much longer.
            return (null, error is SiloUnavailableException or OrleansMessageRejectionException);
        }
    }

    private async Task<OwnershipCounts?> ReadAsync(int moves, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            return await store.ReadAsync(moves, both.Token).AsTask().WaitAsync(both.Token);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            LogNoStorage(logger, error.Message);
            return null;
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "silo {Silo} says nothing of itself: {Reason}")]
    private static partial void LogNoAnswer(ILogger logger, SiloAddress silo, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "the database did not say who owns what: {Reason}")]
    private static partial void LogNoStorage(ILogger logger, string reason);
}
