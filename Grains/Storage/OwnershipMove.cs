namespace WhatsApp.Grains.Storage;

/// <summary>Why an instance got another owner.</summary>
public static class MoveReasons
{
    /// <summary>The old owner was asked to stop.</summary>
    public const string Drain = "drain";
    /// <summary>The old owner had more than its share.</summary>
    public const string Rebalance = "rebalance";
    /// <summary>The old owner never let go: it died, froze or was cut off.</summary>
    public const string Crash = "crash";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } = [Drain, Rebalance, Crash];
}

/// <summary>
/// An instance that got another silo as its owner. Recorded by the claim itself, so that it is never lost; told as instance.moved with the
/// commit that opens the connection again. A silo that starts again at its address is the same node.
/// </summary>
/// <param name="InstanceId">The instance.</param>
/// <param name="Epoch">The new owner's.</param>
/// <param name="FromNode">Silo address text.</param>
/// <param name="ToNode">Silo address text.</param>
/// <param name="Reason">See <see cref="MoveReasons"/>.</param>
/// <param name="At">When the new owner took it.</param>
/// <param name="DownSince">When the old owner closed the connection or was known to live for the last time; null when it was not open there.</param>
/// <param name="Downtime">From then until it was open again; null while it is not, and when it is not known.</param>
public sealed record OwnershipMove(
    string InstanceId, long Epoch, string FromNode, string ToNode, string Reason, DateTimeOffset At, DateTimeOffset? DownSince, TimeSpan? Downtime = null);

/// <summary>A move whose event goes out with this batch.</summary>
/// <param name="Epoch">Of the move.</param>
/// <param name="Downtime">Null when it is not known.</param>
public sealed record ToldMove(long Epoch, TimeSpan? Downtime);
