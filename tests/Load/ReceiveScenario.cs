using System.Diagnostics;

namespace WhatsApp.Load;

/// <summary>Phones write as fast as they can. A text counts as received when the server has its acknowledgement, which follows the commit; then its webhook.</summary>
internal sealed class ReceiveScenario : IScenario
{
    private const int AheadOfEach = 50;

    public string Name => "receive";

    public string Usage => "[INSTANCES=50] [TEXTS=20000] [WEBHOOKS=1]   texts per second committed, and at the webhook receiver, CPU of 1,000";

    public async Task<Report> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var (instances, texts) = (arguments.Number(0, "INSTANCES", 50, 1, 2000), arguments.Number(1, "TEXTS", 20_000, 100, 10_000_000));
        var webhooks = arguments.Number(2, "WEBHOOKS", 1, 0, 1) == 1;
        await using var cluster = await LoadCluster.StartAsync(1);
        await cluster.LinkAsync(instances, webhooks, cancellationToken);
        await cluster.WarmUpAsync(cancellationToken);
        await RunAsync(cluster, "first", Math.Min(texts, 5000), webhooks, cancellationToken);
        await cluster.UntilQuietAsync(cancellationToken);

        LoadCluster.Say("measuring");
        if (cluster.Statements is { } fresh)
            await fresh.ResetAsync();
        cluster.Events.TakeAges();
        var before = cluster.Cpu;
        var (committed, delivered) = await RunAsync(cluster, "text", texts, webhooks, cancellationToken);
        await cluster.UntilQuietAsync(cancellationToken);
        var used = cluster.Cpu - before;
        var ages = cluster.Events.TakeAges();

        var per = 1000.0 / texts;
        var report = new Report(Name, "texts", "committed per s", "webhooks per s", "webhook p50 ms", "p99 ms", "cpu s per 1000", "silo", "postgres", "sandbox");
        report.Add(texts, texts / committed, webhooks ? texts / delivered : 0, ages.At(0.5), ages.At(0.99),
            SendScenario.Text(used.Product * per), SendScenario.Text(used.Silos * per), SendScenario.Text(used.Postgres * per), SendScenario.Text(used.Ours * per));
        if (cluster.Statements is { } statements)
            await statements.SayAsync(texts);
        cluster.Check(report);
        return report;
    }

    // The phones of the owners acknowledge their copy too: two acknowledgements for each text.
    private static async Task<(double Committed, double Delivered)> RunAsync(LoadCluster cluster, string word, int texts, bool webhooks, CancellationToken cancellationToken)
    {
        var (clock, acks, known) = (Stopwatch.StartNew(), cluster.Network.Acks, cluster.Events.Texts);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(120 + texts / 100));
        var ahead = AheadOfEach * cluster.Pairs.Count;
        for (var sent = 0; sent < texts; sent++)
        {
            var pair = cluster.Pairs[sent % cluster.Pairs.Count];
            pair.Contact.SendText(pair.Owner.PhoneNumber, $"{word} {sent}");
            if (sent % 100 == 99)
                while (sent - (cluster.Network.Acks - acks) / 2 > ahead)
                    await Task.Delay(5, patience.Token);
        }
        while (cluster.Network.Acks - acks < 2 * texts)
            await Task.Delay(10, patience.Token);
        var committed = clock.Elapsed.TotalSeconds;
        while (webhooks && cluster.Events.Texts - known < texts)
            await Task.Delay(10, patience.Token);
        return (committed, clock.Elapsed.TotalSeconds);
    }
}
