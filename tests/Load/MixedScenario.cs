namespace WhatsApp.Load;

/// <summary>Sending and receiving at once on several silos, with webhooks.</summary>
internal sealed class MixedScenario : IScenario
{
    public string Name => "mixed";

    public string Usage => "[INSTANCES=50] [RATE=100] [SECONDS=30] [SILOS=3]   RATE texts per second each way: times, CPU, nothing lost";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var (instances, rate) = (arguments.Number(0, "INSTANCES", 50, 1, 2000), arguments.Number(1, "RATE", 100, 1, 5000));
        var (seconds, silos) = (arguments.Number(2, "SECONDS", 30, 1, 3600), arguments.Number(3, "SILOS", 3, 1, 9));
        await using var cluster = await LoadCluster.StartAsync(silos);
        await cluster.LinkAsync(instances, webhooks: true, cancellationToken);
        await cluster.WarmUpAsync(cancellationToken);

        LoadCluster.Say("measuring");
        cluster.Events.TakeAges();
        var (before, arrived, known) = (cluster.Cpu, SendScenario.Arrived(cluster), cluster.Events.Texts);
        var traffic = new Traffic(cluster, "text");
        await traffic.RunAsync(rate, rate, TimeSpan.FromSeconds(seconds), cancellationToken);
        await cluster.UntilQuietAsync(cancellationToken);
        var (used, times, ages) = (cluster.Cpu - before, traffic.Times, cluster.Events.TakeAges());

        var report = new Report(Name, "sent", "received", "send p50 ms", "send p99 ms", "webhook p50 ms", "webhook p99 ms", "gateway cpu s", "silo cpu s", "postgres cpu s", "sandbox cpu s");
        report.Add(times.Count, traffic.Written, times.At(0.5), times.At(0.99), ages.At(0.5), ages.At(0.99), used.Gateway, used.Silos, used.Postgres, used.Ours);
        report.Problems.AddRange(traffic.Problems.Distinct().Take(5));
        var accepted = times.Count - traffic.Problems.Count;
        if (SendScenario.Arrived(cluster) - arrived != accepted)
            report.Problems.Add($"{SendScenario.Arrived(cluster) - arrived} texts arrived, {accepted} were accepted");
        if (cluster.Events.Texts - known != traffic.Written)
            report.Problems.Add($"{cluster.Events.Texts - known} texts came to the webhook, {traffic.Written} were written");
        cluster.Check(report);
        return report;
    }
}
