using System.Diagnostics;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Clusters;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>GET /cluster: who owns what. Nothing secret is in it; in embedded mode it has one silo.</summary>
internal static class ClusterEndpoints
{
    private const int DefaultMoves = 20;
    private const int MaxMoves = 200;
    private const int Tries = 8;
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static void MapCluster(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/cluster", GetAsync).Needs("admin").WithSummary("Silos, what they own, and what moved");

    private static async Task<IResult> GetAsync(HttpRequest request, IGrainFactory grains, ClusterConnection connection, TimeProvider time, CancellationToken cancellationToken)
    {
        var moves = request.Number("moves", 0, MaxMoves, DefaultMoves);
        var report = await AskAsync(grains, moves, time, cancellationToken);
        using var process = Process.GetCurrentProcess();
        return Results.Ok(new
        {
            at = report.At,
            mode = connection.IsRemote ? "cluster" : "embedded",
            storage = report.StorageAnswers ? "ok" : "unreachable",
            gateway = new { version = RootEndpoints.Version, startedAt = Utc(process.StartTime), connectedSilos = connection.Silos },
            silos = report.Silos.Select(silo => Silo(silo, report.At)),
            totals = new
            {
                instances = report.Totals.Instances,
                desired = report.Totals.Desired,
                open = report.Totals.Open,
                withoutOwner = report.Totals.WithoutOwner,
                backlog = report.Totals.Backlog,
            },
            lag = new { oldestEventSeconds = Age(report.Totals.OldestEvent, report.At), withoutOwnerSeconds = Age(report.Totals.WithoutOwnerSince, report.At) },
            moves = report.Moves.Select(move => new { instanceId = move.InstanceId, fromNode = move.FromNode, toNode = move.ToNode, reason = move.Reason, downtimeMs = move.DowntimeMs, at = move.At }),
        });
    }

    private static object Silo(SiloReport silo, DateTimeOffset now) => new
    {
        node = silo.Node,
        status = silo.Status,
        machine = silo.Self?.Machine,
        version = silo.Self?.Version,
        startedAt = silo.Self?.StartedAt,
        lastAliveAt = silo.LastAliveAt,
        instances = new { owned = silo.Instances, desired = silo.Desired, open = silo.Open, connecting = silo.Connecting },
        epochs = new { highest = silo.HighestEpoch, claims = silo.Self?.Claims },
        backlog = new { events = silo.Backlog, oldestSeconds = Age(silo.OldestEvent, now) },
        process = silo.Self is { } self ? new { cpuSeconds = self.CpuSeconds, memoryBytes = self.MemoryBytes } : null,
    };

    /// <summary>
    /// Any silo can answer, and each key may lead to another: one that is frozen but not yet known to be so costs a tenth of a second or two.
    /// </summary>
    private static async Task<ClusterReport> AskAsync(IGrainFactory grains, int moves, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(Patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var asked = new List<Task<ClusterReport>>();
        for (var tries = 0; !both.IsCancellationRequested && (tries < Tries || asked.Count > 0);)
        {
            if (tries < Tries)
                asked.Add(GrainOf(grains, tries++).DescribeAsync(moves, both.Token));
            await Task.WhenAny(asked.Append(Task.Delay(tries < Tries ? BetweenTries : Timeout.InfiniteTimeSpan, time, both.Token)));
            if (asked.Find(task => task.IsCompletedSuccessfully) is { } answer)
                return await answer;
            asked.RemoveAll(task => task.IsFaulted || task.IsCanceled);
        }
        cancellationToken.ThrowIfCancellationRequested();
        throw new ProblemException("cluster-unreachable", "no silo of the cluster answers; try again");
    }

    // In the middle of an upgrade: this gateway is newer than every silo it has heard of.
    private static IClusterGrain GrainOf(IGrainFactory grains, long key)
    {
        try
        {
            return grains.GetGrain<IClusterGrain>(key);
        }
        catch (ArgumentException)
        {
            throw new ProblemException("cluster-unreachable", "no silo of the cluster knows this question: they are of an older version");
        }
    }

    private static DateTimeOffset Utc(DateTime local) => new(local.ToUniversalTime(), TimeSpan.Zero);

    private static double? Age(DateTimeOffset? since, DateTimeOffset now) => since is { } start ? Math.Round(Math.Max(0, (now - start).TotalSeconds), 1) : null;
}
