using System.Diagnostics;

namespace WhatsApp.Load;

/// <summary>All silos are down; then they start. How long until every linked instance is open again, with the product's own limit of logins.</summary>
internal sealed class ColdStartScenario : IScenario
{
    public string Name => "coldstart";

    public string Usage => "N [SILOS=3]   from the start of the silos until N linked instances are open";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var (count, silos) = (arguments.Number(0, "N", 300, 1, 10_000), arguments.Number(1, "SILOS", 3, 1, 9));
        await using var cluster = await LoadCluster.StartAsync(silos);
        var linking = await cluster.LinkAsync(count, webhooks: true, cancellationToken);
        await cluster.UntilQuietAsync(cancellationToken);
        await cluster.StopSilosAsync();

        LoadCluster.Say("all silos are down; starting them");
        if (cluster.Statements is { } fresh)
            await fresh.ResetAsync();
        var (since, before, clock) = (TimeProvider.System.GetUtcNow(), cluster.Cpu, Stopwatch.StartNew());
        var report = new Report(Name, "opened", "seconds", "gateway cpu s", "silo cpu s", "postgres cpu s", "sandbox cpu s");
        await cluster.StartSilosAsync(silos, null);
        report.Figures["seconds until the silos were ready"] = clock.Elapsed.TotalSeconds;
        foreach (var part in new[] { 1, (count + 1) / 2, count }.Distinct())
        {
            await cluster.UntilOpenAsync(part, since, cancellationToken);
            var used = cluster.Cpu - before;
            report.Add(part, clock.Elapsed.TotalSeconds, used.Gateway, used.Silos, used.Postgres, used.Ours);
        }
        if (cluster.Statements is { } statements)
            await statements.SayAsync(count);
        report.Figures["instances"] = count;
        report.Figures["silos"] = silos;
        report.Figures["seconds of linking"] = linking;
        cluster.Check(report);
        return report;
    }
}
