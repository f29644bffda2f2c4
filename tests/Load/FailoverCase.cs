using System.Diagnostics;
using WhatsApp.Clusters;
using WhatsApp.Sandbox.Network;

namespace WhatsApp.Load;

/// <summary>One thing that happens to one silo of three, and what it did to the instances there and elsewhere.</summary>
internal sealed class FailoverCase(string name, TestCluster cluster, List<(ProductProcess Process, string Name)> silos, Clusters.Traffic traffic, OwnershipAudit audit, HttpClient http, TimeSpan frozen)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    // Until silos have begun to spread instances, and for a hundred to move.
    private static readonly TimeSpan BalancePatience = TimeSpan.FromSeconds(75);
    private const double Uneven = 1.25;
    private static readonly TimeSpan WokenPatience = TimeSpan.FromSeconds(10);

    /// <summary>Runs it, adds its row, and leaves three silos running. Returns what went wrong.</summary>
    public async Task<IReadOnlyList<string>> RunAsync(Report report, CancellationToken cancellationToken)
    {
        var victim = silos[0];
        var moved = name == "flush" ? [] : await OwnedAsync(victim.Name, cancellationToken);
        var fencedBefore = FencedWrites();
        var (since, at) = (cluster.Network.Connections.Now, TimeProvider.System.GetUtcNow());
        FailoverScenario.Say($"{name}: {moved.Count} instances on the silo of port {victim.Name}");
        Task after = Task.CompletedTask;
        switch (name)
        {
            case "kill":
                await victim.Process.KillAsync();
                break;
            case "freeze":
                await victim.Process.SignalAsync("STOP");
                after = ThawAsync(victim.Process);
                break;
            case "term":
                after = victim.Process.TerminateAsync();
                break;
            case "flush":
                await cluster.Redis.FlushAsync();
                silos.Add(await cluster.StartSiloAsync());
                await Task.Delay(TimeSpan.FromSeconds(20), cancellationToken);
                break;
        }
        List<string> problems = [];
        var times = await Ownership.ReopenedAsync(traffic, moved, since, Patience, cancellationToken);
        FailoverScenario.Say($"{name}: {times.Count} open again");
        if (moved.Count - times.Count is > 0 and var closed)
            problems.Add($"{name}: {closed} instances did not open again within {Patience.TotalSeconds:0} s");
        await after;
        if (name == "freeze")
            report.Figures["the woken silo"] = await victim.Process.EndedWithinAsync(WokenPatience) is { } code ? $"ended, exit code {code}" : "runs on";
        moved.UnionWith(await audit.RebalancedAsync(at));
        var disturbed = Invariants.Disturbed(traffic, since, moved);
        if (disturbed.Count > 0)
            problems.Add($"{name}: {disturbed.Count} instances of other silos were disturbed");
        problems.AddRange(Fights(since));
        var refused = FencedWrites() - fencedBefore;
        if (name == "flush" && refused > 0)
            problems.Add($"flush: {refused} writes were refused");
        var sends = traffic.Sends.Where(send => send.At >= at && send.Accepted).ToList();
        var answers = sends.Select(send => send.Took.TotalSeconds).DefaultIfEmpty().Order().ToList();
        report.Add(name, times.Count, times.Count > 0 ? times[times.Count / 2] : 0.0, times.Count > 0 ? times[^1] : 0.0, disturbed.Count, refused, sends.Count, answers[answers.Count * 99 / 100], answers[^1],
            sends.Count(send => send.Refusals.Count > 0));
        await ReplaceAsync(victim);
        await UntilEvenAsync(cancellationToken);
        return problems;
    }

    // Two owners that throw each other out would log in alternately.
    private IEnumerable<string> Fights(TimeSpan since) => cluster.Network.Connections.Since(since).Where(step => step.Step == ConnectionStepKind.TakeOver).GroupBy(step => step.PhoneNumber, StringComparer.Ordinal)
        .Where(group => group.Count() > 1).Select(group => $"{name}: {group.Key} was taken over {group.Count()} times");

    private async Task ThawAsync(ProductProcess process)
    {
        await Task.Delay(frozen);
        await process.SignalAsync("CONT");
        FailoverScenario.Say($"{name}: the silo runs again");
    }

    private async Task ReplaceAsync((ProductProcess Process, string Name) victim)
    {
        if (name == "flush")
            return;
        // What a frozen silo does after it was declared dead: it ends.
        if (name == "freeze")
            await victim.Process.DisposeAsync();
        silos.Remove(victim);
        silos.Add(await cluster.StartSiloAsync());
    }

    // The next case is to strike a third of all, not a half: waits for the silos to spread the instances, but not for ever.
    private async Task UntilEvenAsync(CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        double most;
        do
        {
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
            var owned = await Task.WhenAll(silos.Select(silo => OwnedAsync(silo.Name, cancellationToken)));
            most = owned.Max(instances => instances.Count) * (double)silos.Count / traffic.Instances.Count;
        }
        while (most > Uneven && clock.Elapsed < BalancePatience);
        FailoverScenario.Say($"{name}: after {clock.Elapsed.TotalSeconds:0} s the fullest silo has {most:0.00} times its share");
    }

    private int FencedWrites() => silos.Sum(silo => silo.Process.Output.Split('\n').Count(line => line.Contains("a newer owner exists", StringComparison.Ordinal)));

    private Task<HashSet<string>> OwnedAsync(string port, CancellationToken cancellationToken) => Ownership.OwnedAsync(http, port, cancellationToken);
}
