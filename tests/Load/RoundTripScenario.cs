namespace WhatsApp.Load;

/// <summary>How long a caller waits for WhatsApp's ack, and how long an event takes from its commit to the webhook receiver, under a light and steady load.</summary>
internal sealed class RoundTripScenario : IScenario
{
    private const int Instances = 50;

    public string Name => "roundtrip";

    public string Usage => "[RATE=100] [SECONDS=30]   p50 and p99 of sendMessage and of webhooks at RATE per second";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var (rate, seconds) = (arguments.Number(0, "RATE", 100, 1, 5000), arguments.Number(1, "SECONDS", 30, 1, 3600));
        await using var cluster = await LoadCluster.StartAsync(1);
        await cluster.LinkAsync(Instances, webhooks: true, cancellationToken);
        await cluster.WarmUpAsync(cancellationToken);
        await new Traffic(cluster, "first").RunAsync(rate, rate, TimeSpan.FromSeconds(10), cancellationToken);
        await cluster.UntilQuietAsync(cancellationToken);

        LoadCluster.Say("measuring");
        cluster.Events.TakeAges();
        var traffic = new Traffic(cluster, "text");
        await traffic.RunAsync(rate, 0, TimeSpan.FromSeconds(seconds), cancellationToken);
        await cluster.UntilQuietAsync(cancellationToken);
        var (times, ages) = (traffic.Times, cluster.Events.TakeAges());
        var report = new Report(Name, "what", "count", "p50 ms", "p90 ms", "p99 ms", "highest ms");
        report.Add("sendMessage", times.Count, times.At(0.5), times.At(0.9), times.At(0.99), times.At(1));
        report.Add("commit to webhook", ages.Count, ages.At(0.5), ages.At(0.9), ages.At(0.99), ages.At(1));
        report.Problems.AddRange(traffic.Problems.Distinct().Take(5));
        cluster.Check(report);
        return report;
    }
}
