using WhatsApp.MemoryProbe;

namespace WhatsApp.Load;

/// <summary>
/// What a connected instance that does nothing costs a silo. All instances are linked first; then the silo is started again twice, so that the
/// figures are those of instances that logged in, not of pairing: empty, and with all of them open.
/// </summary>
internal sealed class IdleScenario : IScenario
{
    private const int First = 50;

    public string Name => "idle";

    public string Usage => "N   memory of one silo per connected idle instance";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var count = arguments.Number(0, "N", 500, First + 50, 10_000);
        await using var cluster = await LoadCluster.StartAsync(1);
        var report = new Report(Name, "instances", "rss MB", "own MB", "rss MB collected", "heap MB", "gen0", "gen1", "gen2", "large", "pinned", "fragmented", "committed", "threads");
        var empty = await LookAsync(cluster, report, 0, cancellationToken);
        var linking = await cluster.LinkAsync(First, webhooks: true, cancellationToken);
        var few = await RestartAsync(cluster, report, First, cancellationToken);
        // The one there is takes its time to find a silo that has another address.
        await cluster.StartGatewayAsync();
        linking += await cluster.LinkAsync(count - First, webhooks: true, cancellationToken);
        var all = await RestartAsync(cluster, report, count, cancellationToken);

        report.Figures["seconds of linking"] = linking;
        report.Figures["KB RSS per instance"] = (all.Resident - few.Resident) * 1024 / (count - First);
        report.Figures["KB RSS per instance, collected"] = (all.Collected - few.Collected) * 1024 / (count - First);
        report.Figures["KB RSS per instance, with what the first need"] = (all.Resident - empty.Resident) * 1024 / count;
        report.Figures["KB heap per instance"] = (all.Heap.Live - few.Heap.Live) * 1024 / (count - First);
        var before = cluster.Cpu;
        await Task.Delay(TimeSpan.FromSeconds(20), cancellationToken);
        report.Figures["silo CPU of 1,000 idle instances, % of one processor"] = (cluster.Cpu - before).Silos / 20 * 100 * 1000 / count;
        cluster.Check(report);
        return report;
    }

    private static async Task<(double Resident, double Collected, HeapFigures Heap)> RestartAsync(LoadCluster cluster, Report report, int count, CancellationToken cancellationToken)
    {
        LoadCluster.Say("starting the silo again");
        await cluster.StopSilosAsync();
        var since = TimeProvider.System.GetUtcNow();
        await cluster.StartSilosAsync(1, 100);
        await cluster.UntilOpenAsync(count, since, cancellationToken);
        await cluster.UntilQuietAsync(cancellationToken);
        // As an operator sees it: nobody asks for a collection, and what was needed to open has had time to go.
        await Task.Delay(TimeSpan.FromSeconds(10), cancellationToken);
        return await LookAsync(cluster, report, count, cancellationToken);
    }

    private static async Task<(double Resident, double Collected, HeapFigures Heap)> LookAsync(LoadCluster cluster, Report report, int count, CancellationToken cancellationToken)
    {
        var (resident, own) = ProcessFigures.Memory(cluster.Silos[0].Id);
        var heap = await cluster.CollectAsync(cancellationToken);
        var collected = cluster.SiloMemory;
        report.Add(count, resident, own, collected, heap.Live, heap.Gen0, heap.Gen1, heap.Gen2, heap.Large, heap.Pinned, heap.Fragmented, heap.Committed, heap.Threads);
        return (resident, collected, heap);
    }
}
