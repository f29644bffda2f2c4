using WhatsApp.Clusters;

namespace WhatsApp.Cluster.Tests;

/// <summary>A silo that is added gets its share.</summary>
[Trait("Category", "chaos")]
public sealed class RebalanceTests
{
    private static readonly string[] Instances = ["shop1", "shop2", "shop3", "shop4"];

    [Fact]
    public async Task A_silo_that_joins_gets_its_share_of_the_instances_and_nothing_is_lost()
    {
        await using var cluster = await TestCluster.StartAsync();
        cluster.RebalanceSeconds = 1;
        var first = await cluster.StartSiloAsync();
        var (_, http) = await cluster.StartGatewayAsync();
        using var client = http;
        var ana = cluster.AddPhone("Ana");
        var shops = Instances.ToDictionary(id => id, cluster.AddPhone);
        foreach (var (id, phone) in shops)
            await cluster.LinkAsync(http, id, phone);

        var second = await cluster.StartSiloAsync();
        await cluster.UntilAsync(async () => await CountAsync(http, second.Name) == 2 && await CountAsync(http, first.Name) == 2, "each silo has two, open");

        foreach (var (id, phone) in shops)
            ana.SendText(phone.PhoneNumber, $"to {id}");
        await cluster.UntilAsync(() => Task.FromResult(Instances.All(id => cluster.Inbox.Texts.Contains($"to {id}"))), "the texts reach the webhook");
        await cluster.UntilAsync(() => Task.FromResult(cluster.Inbox.Of("instance.moved").Count >= 2), "the moves are told");
        Assert.All(cluster.Inbox.Of("instance.moved"), moved => Assert.Equal("rebalance", moved.GetProperty("data").GetProperty("reason").GetString()));
        Assert.Equal(Instances.Length, cluster.Network.Stats.Pairings);
        Assert.Equal(0, cluster.Network.Stats.Violations);
    }

    private static async Task<int> CountAsync(HttpClient http, string silo)
    {
        var count = 0;
        foreach (var id in Instances)
            count += await TestCluster.IsOpenOnAsync(http, id, silo) ? 1 : 0;
        return count;
    }
}
