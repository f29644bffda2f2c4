using WhatsApp.Clusters;
using WhatsApp.Sandbox.Network;

namespace WhatsApp.Cluster.Tests;

/// <summary>A whole cluster that is stopped and started again.</summary>
[Trait("Category", "chaos")]
public sealed class StopTests
{
    private static readonly string[] Instances = ["shop1", "shop2", "shop3", "shop4", "shop5", "shop6"];

    [Fact]
    public async Task Silos_that_stop_all_at_once_close_every_connection_and_the_next_opens_them()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.RebalanceSeconds = 1;
        var silos = new[] { await cluster.StartSiloAsync(), await cluster.StartSiloAsync(), await cluster.StartSiloAsync() };
        var (_, http) = await cluster.StartGatewayAsync();
        using var client = http;
        var ana = cluster.AddPhone("Ana");
        var shops = Instances.ToDictionary(id => id, cluster.AddPhone);
        foreach (var (id, phone) in shops)
            await cluster.LinkAsync(http, id, phone);
        await cluster.UntilAsync(async () => (await Task.WhenAll(Instances.Select(id => TestCluster.NodeAsync(http, id)))).Distinct().Count() == 3, "each silo has some");

        Assert.All(await Task.WhenAll(silos.Select(silo => silo.Process.TerminateAsync())), code => Assert.Equal(0, code));

        // Moved or not on the way: each was closed by its owner, none was thrown out by the next, and none is left.
        var steps = cluster.Network.Connections.Since(TimeSpan.Zero);
        Assert.DoesNotContain(steps, step => step.Step == ConnectionStepKind.TakeOver);
        await cluster.UntilAsync(() => Task.FromResult(shops.Values.All(phone =>
            cluster.Network.Connections.Since(TimeSpan.Zero).Last(step => step.PhoneNumber == phone.PhoneNumber).Step == ConnectionStepKind.Closed)), "nothing is connected");

        var next = await cluster.StartSiloAsync();
        await cluster.UntilAsync(async () => (await Task.WhenAll(Instances.Select(id => TestCluster.IsOpenOnAsync(http, id, next.Name)))).All(open => open), "all are open again");
        foreach (var (id, phone) in shops)
            ana.SendText(phone.PhoneNumber, $"to {id}");
        await cluster.UntilAsync(() => Task.FromResult(Instances.All(id => cluster.Inbox.Texts.Contains($"to {id}"))), "the texts reach the webhook");
        Assert.Equal(Instances.Length, cluster.Network.Stats.Pairings);
        Assert.Equal(0, cluster.Network.Stats.Violations);
    }
}
