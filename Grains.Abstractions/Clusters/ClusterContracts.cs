using Orleans.Concurrency;

namespace WhatsApp.Grains.Abstractions.Clusters;

/// <summary>Who owns what. Any key: each is answered by whatever silo takes the call.</summary>
[Alias("wa.IClusterGrain")]
public interface IClusterGrain : IGrainWithIntegerKey
{
    /// <summary>The cluster now, within a second also when a silo or the database does not answer.</summary>
    /// <param name="moves">How many of the last moves, 0 … 200.</param>
    /// <param name="cancellationToken">Gives up.</param>
    [AlwaysInterleave]
    [Alias("Describe")]
    Task<ClusterReport> DescribeAsync(int moves, CancellationToken cancellationToken = default);
}

/// <summary>The cluster at one moment.</summary>
[GenerateSerializer, Alias("wa.ClusterReport")]
public sealed record ClusterReport
{
    /// <summary>When.</summary>
    [Id(0)] public required DateTimeOffset At { get; init; }
    /// <summary>Whether the database answered in time; if not, everything counted is 0.</summary>
    [Id(1)] public bool StorageAnswers { get; init; }
    /// <summary>In order of address; also those that are gone while they are still named as owners.</summary>
    [Id(2)] public IReadOnlyList<SiloReport> Silos { get; init; } = [];
    /// <summary>Over all silos.</summary>
    [Id(3)] public required ClusterTotals Totals { get; init; }
    /// <summary>Newest first.</summary>
    [Id(4)] public IReadOnlyList<MoveReport> Moves { get; init; } = [];
}

/// <summary>One silo.</summary>
[GenerateSerializer, Alias("wa.SiloReport")]
public sealed record SiloReport
{
    /// <summary>Address text, as in an instance's node.</summary>
    [Id(0)] public required string Node { get; init; }
    /// <summary>joining | active | stopping | unreachable (a member that does not answer) | gone.</summary>
    [Id(1)] public required string Status { get; init; }
    /// <summary>What it says of itself; null when it does not answer.</summary>
    [Id(2)] public SiloSelfReport? Self { get; init; }
    /// <summary>When it renewed its lease for the last time; null without a cluster.</summary>
    [Id(3)] public DateTimeOffset? LastAliveAt { get; init; }
    /// <summary>Instances it owns.</summary>
    [Id(4)] public int Instances { get; init; }
    /// <summary>Of these, those that should run.</summary>
    [Id(5)] public int Desired { get; init; }
    /// <summary>Status open.</summary>
    [Id(6)] public int Open { get; init; }
    /// <summary>Status connecting, pairing or reconnecting.</summary>
    [Id(7)] public int Connecting { get; init; }
    /// <summary>Highest epoch among them.</summary>
    [Id(8)] public long HighestEpoch { get; init; }
    /// <summary>Events of them that wait for delivery.</summary>
    [Id(9)] public int Backlog { get; init; }
    /// <summary>When the oldest of these was made.</summary>
    [Id(10)] public DateTimeOffset? OldestEvent { get; init; }
}

/// <summary>What a silo says of its process.</summary>
[GenerateSerializer, Alias("wa.SiloSelfReport")]
public sealed record SiloSelfReport
{
    /// <summary>The product's.</summary>
    [Id(0)] public required string Version { get; init; }
    /// <summary>Start of the process.</summary>
    [Id(1)] public DateTimeOffset StartedAt { get; init; }
    /// <summary>Ownerships taken since: each raised an epoch.</summary>
    [Id(2)] public long Claims { get; init; }
    /// <summary>CPU time used since, in seconds.</summary>
    [Id(3)] public double CpuSeconds { get; init; }
    /// <summary>Resident memory, bytes.</summary>
    [Id(4)] public long MemoryBytes { get; init; }
    /// <summary>Machine name.</summary>
    [Id(5)] public string Machine { get; init; } = "";
}

/// <summary>Sums.</summary>
[GenerateSerializer, Alias("wa.ClusterTotals")]
public sealed record ClusterTotals
{
    /// <summary>All instances.</summary>
    [Id(0)] public int Instances { get; init; }
    /// <summary>Those that should run.</summary>
    [Id(1)] public int Desired { get; init; }
    /// <summary>Open, with an owner that answers.</summary>
    [Id(2)] public int Open { get; init; }
    /// <summary>Should run, but nobody owns them or a silo that is gone.</summary>
    [Id(3)] public int WithoutOwner { get; init; }
    /// <summary>Since when the first of these has been so; null when there is none or it is not known.</summary>
    [Id(4)] public DateTimeOffset? WithoutOwnerSince { get; init; }
    /// <summary>Events that wait for delivery.</summary>
    [Id(5)] public int Backlog { get; init; }
    /// <summary>When the oldest of these was made.</summary>
    [Id(6)] public DateTimeOffset? OldestEvent { get; init; }
}

/// <summary>An instance that got another silo.</summary>
/// <param name="InstanceId">The instance.</param>
/// <param name="FromNode">Before.</param>
/// <param name="ToNode">After.</param>
/// <param name="Reason">drain | rebalance | crash.</param>
/// <param name="At">When the new owner took it.</param>
/// <param name="DowntimeMs">From the end at the old owner until it was open again; null while it is not, and when it is not known.</param>
[GenerateSerializer, Alias("wa.MoveReport")]
public sealed record MoveReport(
    [property: Id(0)] string InstanceId, [property: Id(1)] string FromNode, [property: Id(2)] string ToNode, [property: Id(3)] string Reason,
    [property: Id(4)] DateTimeOffset At, [property: Id(5)] long? DowntimeMs);
