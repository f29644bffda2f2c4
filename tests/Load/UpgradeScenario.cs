using WhatsApp.Clusters;

namespace WhatsApp.Load;

/// <summary>
/// A rolling upgrade, as an operator does it: three silos and two gateways of an older build are replaced by those of this one, one by one, under traffic in both
/// directions; then one silo and one gateway go back. Every REST verb is used across the versions, and what was lost, doubled or disturbed is told.
/// </summary>
internal sealed class UpgradeScenario : IScenario
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(3);

    public string Name => "upgrade";

    public string Usage => "OLD_FOLDER [INSTANCES=30] [TEXTS_PER_SECOND=10]: from an older build (its Gateway output) to this one and one step back; lost, doubled, disturbed";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var old = Path.GetFullPath(arguments.Length > 0 ? arguments[0] : throw new FormatException("OLD_FOLDER is missing"));
        foreach (var program in (string[])["WhatsApp.Silo.dll", "WhatsApp.Gateway.dll"])
            if (!File.Exists(Path.Combine(old, program)))
                throw new FormatException($"{old} has no {program}");
        var count = arguments.Number(1, "INSTANCES", 30, 3, 5000);
        var rate = arguments.Number(2, "TEXTS_PER_SECOND", 10, 1, 1000);

        // The product spreads instances every 30 s; here a new silo fills sooner.
        await using var cluster = await TestCluster.StartAsync();
        cluster.RebalanceSeconds = 5;
        var report = new Report(Name, "step", "moved", "open again p50 s", "max s", "disturbed", "sends", "answer p99 s", "slowest s", "asked again");
        await using var run = new UpgradeRun(cluster, old, report);
        var audit = await run.StartAsync();
        FailoverScenario.Say($"3 old silos and 2 old gateways run; linking {count} instances");
        var instances = await FailoverScenario.LinkAsync(cluster, run.Gateways, count, cancellationToken);
        await using var traffic = Clusters.Traffic.Start(cluster, run.Gateways, instances, cluster.AddPhone("Customer"), rate);
        await Task.Delay(Pause, cancellationToken);

        // An orchestrator may well begin with the gateways.
        await run.ReplaceGatewayAsync(traffic, audit, old: true, cancellationToken);
        await run.LookAtClusterAsync(cancellationToken);
        await run.WalkAsync(traffic, oldGateway: false, oldSilo: true, cancellationToken);
        await run.ReplaceSiloAsync(traffic, audit, old: true, cancellationToken);
        await run.LookAtClusterAsync(cancellationToken);
        await run.WalkAsync(traffic, oldGateway: true, oldSilo: false, cancellationToken);
        await run.ReplaceSiloAsync(traffic, audit, old: true, cancellationToken);
        await run.ReplaceSiloAsync(traffic, audit, old: true, cancellationToken);
        await run.ReplaceGatewayAsync(traffic, audit, old: true, cancellationToken);
        // And back: an old silo on tables that have been changed.
        await run.ReplaceSiloAsync(traffic, audit, old: false, cancellationToken);
        await run.WalkAsync(traffic, oldGateway: false, oldSilo: true, cancellationToken);
        await run.ReplaceGatewayAsync(traffic, audit, old: false, cancellationToken);
        await Task.Delay(Pause, cancellationToken);
        await traffic.StopAsync();
        FailoverScenario.Say("checking what arrived");
        report.Problems.AddRange(await Invariants.CheckAsync(traffic, audit, others: run.Lives));
        report.Problems.AddRange(Refused(traffic));
        report.Figures["lost"] = Invariants.Lost(traffic);
        report.Figures["doubled"] = Invariants.Doubled(traffic);
        report.Figures["texts written by the customer"] = traffic.Written.Values.Sum();
        report.Figures["texts sent through REST"] = traffic.Sends.Count;
        report.Figures["sends asked again"] = string.Join(", ", Refusals(traffic).Select(status => $"{status.Count()} after {status.Key}")) is { Length: > 0 } again ? again : "none";
        report.Figures["claims"] = await audit.ClaimsAsync();
        return report;
    }

    // "Busy, again" is an answer one must expect of a moving instance, none at all of a gateway that leaves, and 409 (come again, too) of an old silo that has just got
    // an instance; anything else is wrong.
    private static IEnumerable<string> Refused(Clusters.Traffic traffic) => Refusals(traffic).Where(status => status.Key is not (0 or 409 or 503)).Select(status => $"{status.Count()} sends were answered {status.Key}");

    private static IEnumerable<IGrouping<int, int>> Refusals(Clusters.Traffic traffic) => traffic.Sends.SelectMany(send => send.Refusals).GroupBy(status => status);
}
