using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using WhatsApp.Clusters;
using WhatsApp.Sandbox.Network;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Load;

/// <summary>
/// Three silos, two gateways, many instances, texts in both directions all the time; then one silo after the other is killed, frozen and stopped, and
/// Redis is emptied while a silo joins. Tells how long instances were without an open socket, and whether anything was lost, doubled or disturbed.
/// </summary>
internal sealed class FailoverScenario : IScenario
{
    private static readonly string[] AllCases = ["kill", "freeze", "term", "flush"];
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(15);

    public string Name => "failover";

    public string Usage => $"[INSTANCES=300] [TEXTS_PER_SECOND=40] [{string.Join("] [", AllCases)}]: time to open elsewhere; lost, doubled, disturbed";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var count = Number(arguments, 0, 300);
        var rate = Number(arguments, 1, 40);
        string[] cases = arguments.Length > 2 ? arguments[2..] : AllCases;
        if (cases.Except(AllCases).FirstOrDefault() is { } unknown)
            throw new FormatException($"there is no case {unknown}");

        await using var cluster = await TestCluster.StartAsync();
        // Sooner than the product's 30 s: the next case begins when the silos share alike.
        cluster.RebalanceSeconds = 5;
        var silos = new List<(ProductProcess Process, string Name)>();
        for (var i = 0; i < 3; i++)
            silos.Add(await cluster.StartSiloAsync());
        var audit = new OwnershipAudit(cluster.Database);
        await audit.InstallAsync();
        using var first = (await cluster.StartGatewayAsync()).Http;
        using var second = (await cluster.StartGatewayAsync()).Http;
        Say($"3 silos and 2 gateways run; linking {count} instances");
        var instances = await LinkAsync(cluster, [first, second], count, cancellationToken);
        var report = new Report(Name, "case", "moved", "open again p50 s", "max s", "disturbed", "refused writes", "sends", "answer p99 s", "slowest s", "asked again");
        await using var traffic = Clusters.Traffic.Start(cluster, [first, second], instances, cluster.AddPhone("Customer"), rate);
        await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
        foreach (var one in cases)
        {
            report.Problems.AddRange(await new FailoverCase(one, cluster, silos, traffic, audit, first, Frozen).RunAsync(report, cancellationToken));
            await Task.Delay(TimeSpan.FromSeconds(3), cancellationToken);
        }
        await traffic.StopAsync();
        Say("checking what arrived");
        report.Problems.AddRange(await Invariants.CheckAsync(traffic, audit));
        report.Figures["lost"] = Invariants.Lost(traffic);
        report.Figures["doubled"] = Invariants.Doubled(traffic);
        report.Figures["texts written by the customer"] = traffic.Written.Values.Sum();
        report.Figures["texts sent through REST"] = traffic.Sends.Count;
        report.Figures["claims"] = await audit.ClaimsAsync();
        return report;
    }

    internal static void Say(string what) => Console.Error.WriteLine($"{TimeProvider.System.GetUtcNow().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture)} {what}");

    // Real pairing, sixteen at a time.
    internal static async Task<List<(string Id, VirtualPhone Phone)>> LinkAsync(TestCluster cluster, HttpClient[] gateways, int count, CancellationToken cancellationToken)
    {
        var instances = Enumerable.Range(1, count).Select(n => $"i{n.ToString(CultureInfo.InvariantCulture)}").Select(id => (id, cluster.AddPhone(id))).ToList();
        var (clock, done) = (Stopwatch.StartNew(), 0);
        await Parallel.ForEachAsync(instances, new ParallelOptions { MaxDegreeOfParallelism = 16, CancellationToken = cancellationToken }, async (instance, _) =>
        {
            await cluster.LinkAsync(gateways[done % gateways.Length], instance.id, instance.Item2, "message.received");
            if (Interlocked.Increment(ref done) % 50 == 0)
                Say($"{done} linked");
        });
        Say($"{count} linked in {clock.Elapsed.TotalSeconds:0.0} s");
        return instances;
    }

    private static int Number(string[] arguments, int place, int normal) =>
        arguments.Length <= place ? normal : int.TryParse(arguments[place], NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : throw new FormatException($"{arguments[place]} is no number");
}
