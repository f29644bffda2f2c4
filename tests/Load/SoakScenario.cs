using System.Diagnostics;

namespace WhatsApp.Load;

/// <summary>
/// A steady load for minutes. Memory is looked at every five seconds; after the first third a straight line is fitted through it, and the run fails when
/// that line climbs by more than a tenth of the mean.
/// </summary>
internal sealed class SoakScenario : IScenario
{
    private const double MostGrowth = 0.10;
    private static readonly TimeSpan Between = TimeSpan.FromSeconds(5);

    public string Name => "soak";

    public string Usage => "MINUTES [RATE=50]   RATE texts per second each way; fails when memory grows by more than a tenth after the first third";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var (minutes, rate) = (arguments.Number(0, "MINUTES", 3, 1, 10_000), arguments.Number(1, "RATE", 50, 1, 5000));
        await using var cluster = await LoadCluster.StartAsync(1);
        await cluster.LinkAsync(50, webhooks: true, cancellationToken);
        await cluster.WarmUpAsync(cancellationToken);
        var (traffic, known) = (new Traffic(cluster, "text"), cluster.Events.Texts);
        var load = traffic.RunAsync(rate, rate, TimeSpan.FromMinutes(minutes), cancellationToken);
        var looks = new List<(double At, double Silo, double Gateway)>();
        for (var clock = Stopwatch.StartNew(); !load.IsCompleted; await Task.WhenAny(load, Task.Delay(Between, cancellationToken)))
        {
            looks.Add((clock.Elapsed.TotalMinutes, cluster.SiloMemory, cluster.GatewayMemory));
            if (looks.Count % 12 == 0)
                LoadCluster.Say($"silo {looks[^1].Silo:0} MB, gateway {looks[^1].Gateway:0} MB");
        }
        await load;
        await cluster.UntilQuietAsync(cancellationToken);

        var report = new Report(Name, "process", "first MB", "mean MB", "last MB", "growth MB", "growth %");
        var kept = looks.Where(look => look.At >= minutes / 3.0).ToList();
        Add(report, "silo", [.. kept.Select(look => (look.At, look.Silo))]);
        Add(report, "gateway", [.. kept.Select(look => (look.At, look.Gateway))]);
        report.Figures["texts each way"] = traffic.Written;
        report.Problems.AddRange(traffic.Problems.Distinct().Take(5));
        if (cluster.Events.Texts - known != traffic.Written)
            report.Problems.Add($"{cluster.Events.Texts - known} texts came to the webhook, {traffic.Written} were written");
        cluster.Check(report);
        return report;
    }

    private static void Add(Report report, string name, List<(double At, double Memory)> looks)
    {
        var (growth, mean) = (Slope(looks) * (looks[^1].At - looks[0].At), looks.Average(look => look.Memory));
        report.Add(name, looks[0].Memory, mean, looks[^1].Memory, growth, growth / mean * 100);
        if (growth > mean * MostGrowth)
            report.Problems.Add($"memory of the {name} grew by {growth:0.0} MB");
    }

    // Least squares.
    private static double Slope(List<(double At, double Memory)> looks)
    {
        var (at, memory) = (looks.Average(look => look.At), looks.Average(look => look.Memory));
        var spread = looks.Sum(look => (look.At - at) * (look.At - at));
        return spread > 0 ? looks.Sum(look => (look.At - at) * (look.Memory - memory)) / spread : 0;
    }
}
