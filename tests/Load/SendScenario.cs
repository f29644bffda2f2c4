using System.Diagnostics;

namespace WhatsApp.Load;

/// <summary>As many texts as the callers can send, each waiting for WhatsApp's ack. The phones that get them say so: receipts are part of the figures.</summary>
internal sealed class SendScenario : IScenario
{
    public string Name => "send";

    public string Usage => "[INSTANCES=50] [CALLERS=16] [SECONDS=20] [WEBHOOKS=0]   texts per second accepted by the server, CPU of 1,000";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var (instances, callers) = (arguments.Number(0, "INSTANCES", 50, 1, 2000), arguments.Number(1, "CALLERS", 16, 1, 500));
        var (seconds, webhooks) = (arguments.Number(2, "SECONDS", 20, 1, 600), arguments.Number(3, "WEBHOOKS", 0, 0, 1) == 1);
        await using var cluster = await LoadCluster.StartAsync(1);
        await cluster.LinkAsync(instances, webhooks, cancellationToken);
        await cluster.WarmUpAsync(cancellationToken);
        // The compiler's second tier is part of neither.
        await RunAsync(cluster, callers, 5, [], cancellationToken);
        await cluster.UntilQuietAsync(cancellationToken);

        LoadCluster.Say("measuring");
        if (cluster.Statements is { } fresh)
            await fresh.ResetAsync();
        var problems = new List<string>();
        var arrived = Arrived(cluster);
        var (before, clock) = (cluster.Cpu, Stopwatch.StartNew());
        var times = await RunAsync(cluster, callers, seconds, problems, cancellationToken);
        var took = clock.Elapsed.TotalSeconds;
        await cluster.UntilQuietAsync(cancellationToken);
        var used = cluster.Cpu - before;

        var report = new Report(Name, "accepted", "per second", "p50 ms", "p99 ms", "cpu s per 1000", "gateway", "silo", "postgres", "sandbox");
        var per = 1000.0 / Math.Max(1, times.Count);
        report.Add(times.Count, times.Count / took, times.At(0.5), times.At(0.99), Math.Round(used.Product * per, 3).ToString("0.000", System.Globalization.CultureInfo.InvariantCulture),
            Text(used.Gateway * per), Text(used.Silos * per), Text(used.Postgres * per), Text(used.Ours * per));
        report.Problems.AddRange(problems.Distinct().Take(5));
        if (Arrived(cluster) - arrived != times.Count)
            report.Problems.Add($"{Arrived(cluster) - arrived} texts arrived, {times.Count} were accepted");
        if (cluster.Statements is { } statements)
            await statements.SayAsync(times.Count);
        cluster.Check(report);
        return report;
    }

    internal static string Text(double seconds) => seconds.ToString("0.000", System.Globalization.CultureInfo.InvariantCulture);

    internal static int Arrived(LoadCluster cluster) => cluster.Pairs.Sum(pair => pair.Contact.Messages.Count);

    private static async Task<List<double>> RunAsync(LoadCluster cluster, int callers, int seconds, List<string> problems, CancellationToken cancellationToken)
    {
        var (end, next) = (Stopwatch.GetTimestamp() + seconds * Stopwatch.Frequency, -1);
        var all = await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => Task.Run(async () =>
        {
            var times = new List<double>();
            while (Stopwatch.GetTimestamp() < end)
            {
                var number = Interlocked.Increment(ref next);
                var pair = cluster.Pairs[number % cluster.Pairs.Count];
                var began = Stopwatch.GetTimestamp();
                if (await cluster.SendAsync(pair.Instance, pair.Contact.PhoneNumber, $"text {number}", cancellationToken) is { } problem)
                    lock (problems)
                        problems.Add(problem);
                else
                    times.Add(Stopwatch.GetElapsedTime(began).TotalMilliseconds);
            }
            return times;
        }, cancellationToken)));
        return [.. all.SelectMany(times => times)];
    }
}
