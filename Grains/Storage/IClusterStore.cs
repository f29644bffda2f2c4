namespace WhatsApp.Grains.Storage;

/// <summary>Who owns what, counted over all instances; never wakes one.</summary>
public interface IClusterStore
{
    /// <summary>Instances by owner, leases of silos, and the newest moves.</summary>
    /// <param name="moves">How many moves at most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask<OwnershipCounts> ReadAsync(int moves, CancellationToken cancellationToken);

    /// <summary>What waits in the instances of one owner.</summary>
    ValueTask<WaitingCounts> CountWaitingAsync(string owner, CancellationToken cancellationToken);
}

/// <summary>Who owns what.</summary>
/// <param name="Owners">One per owner; the one without name holds what nobody owns.</param>
/// <param name="LastAlive">When each silo renewed its lease for the last time; empty without a cluster.</param>
/// <param name="Moves">Newest first.</param>
public sealed record OwnershipCounts(IReadOnlyList<OwnerCounts> Owners, IReadOnlyDictionary<string, DateTimeOffset> LastAlive, IReadOnlyList<OwnershipMove> Moves);

/// <summary>The instances of one owner.</summary>
/// <param name="Owner">Silo address text; null = nobody.</param>
/// <param name="Instances">All.</param>
/// <param name="Desired">Those that should run.</param>
/// <param name="Open">Status open, as last committed.</param>
/// <param name="Connecting">Status connecting, pairing or reconnecting.</param>
/// <param name="HighestEpoch">Of their leases.</param>
/// <param name="Backlog">Events waiting for delivery.</param>
/// <param name="OldestEvent">When the oldest of these was made.</param>
/// <param name="FreeSince">Nobody's: since when the longest-waiting desired one has had no owner.</param>
public sealed record OwnerCounts(
    string? Owner, int Instances, int Desired, int Open, int Connecting, long HighestEpoch, int Backlog, DateTimeOffset? OldestEvent, DateTimeOffset? FreeSince);

/// <summary>What waits.</summary>
/// <param name="Events">For delivery.</param>
/// <param name="OldestEvent">When the oldest was made.</param>
/// <param name="Messages">In the queue.</param>
public readonly record struct WaitingCounts(int Events, DateTimeOffset? OldestEvent, int Messages);
