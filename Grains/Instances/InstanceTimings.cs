namespace WhatsApp.Grains.Instances;

/// <summary>The pauses of an instance's life outside the protocol.</summary>
public sealed class InstanceTimings
{
    /// <summary>Before a device that broke is made anew.</summary>
    public TimeSpan RestartPause { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>A silo that was fenced leaves the instance alone for at least this long (orleans-notes §3).</summary>
    public TimeSpan ShortestFencePause { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>…and at most this long: two silos that disagree must not fight in step.</summary>
    public TimeSpan LongestFencePause { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Between two looks of the sweeper.</summary>
    public TimeSpan SweepPeriod { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Before the first look: in a cluster the first silo up would otherwise take everything.</summary>
    public TimeSpan SweepDelay { get; set; } = TimeSpan.Zero;

    /// <summary>Between two counts of who has more than its share; zero = never. <c>Cluster:RebalanceSeconds</c>.</summary>
    public TimeSpan RebalancePeriod { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Nothing is rebalanced until the cluster has been the same for this long.</summary>
    public TimeSpan RebalanceCalm { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Before an instance that has just moved and was replaced connects once more, and as much again at random.</summary>
    public TimeSpan ReplacedPause { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// A claim or commit this young proves before a login that the owner still is the owner. A silo that was silent for so short a time is not declared dead, so nobody
    /// can have taken its instances since.
    /// </summary>
    public TimeSpan ProofLasts { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>What a delete waits for the phone to be told, beyond the protocol's own 10 s; two thirds of it for a connection that is just being made again.</summary>
    public TimeSpan UnlinkPatience { get; set; } = TimeSpan.FromSeconds(12);
}
