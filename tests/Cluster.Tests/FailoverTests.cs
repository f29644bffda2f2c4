using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using WhatsApp.Clusters;

// Each test has processes of its own, and counts seconds.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]

namespace WhatsApp.Cluster.Tests;

/// <summary>Silos die and stop; instances go on elsewhere, and nothing is lost.</summary>
[Trait("Category", "chaos")]
public sealed class FailoverTests
{
    private static readonly string[] Instances = ["shop1", "shop2", "shop3", "shop4"];

    [Fact]
    public async Task Instances_of_a_killed_and_of_a_stopped_silo_open_on_the_other_and_nothing_is_lost_or_doubled()
    {
        await using var cluster = await TestCluster.StartAsync();
        var first = await cluster.StartSiloAsync();
        var second = await cluster.StartSiloAsync();
        var (_, http) = await cluster.StartGatewayAsync();
        using var client = http;
        var ana = cluster.AddPhone("Ana");
        var shops = Instances.ToDictionary(id => id, cluster.AddPhone);
        foreach (var (id, phone) in shops)
            await cluster.LinkAsync(http, id, phone);
        await SendAsync(http, "before", ana.PhoneNumber);

        // kill -9 of the silo that has the first instance; texts come in meanwhile.
        var owner = await TestCluster.NodeAsync(http, Instances[0]);
        var (dead, survivor) = owner == first.Name ? (first, second) : (second, first);
        await dead.Process.KillAsync();
        foreach (var (id, phone) in shops)
            ana.SendText(phone.PhoneNumber, $"to {id} after the kill");
        foreach (var id in Instances)
            await cluster.UntilAsync(() => TestCluster.IsOpenOnAsync(http, id, survivor.Name), $"{id} is open on the survivor");
        await cluster.UntilAsync(() => SilosAsync(http, "active", survivor.Name), "the cluster's view has the survivor alone");
        await ReceivedAsync(cluster, "after the kill");
        await SendAsync(http, "after the kill", ana.PhoneNumber);

        // A new silo, and SIGTERM for the old one.
        var third = await cluster.StartSiloAsync();
        Assert.Equal(0, await survivor.Process.TerminateAsync());
        foreach (var (id, phone) in shops)
            ana.SendText(phone.PhoneNumber, $"to {id} after the stop");
        foreach (var id in Instances)
            await cluster.UntilAsync(() => TestCluster.IsOpenOnAsync(http, id, third.Name), $"{id} is open on the new silo");
        await ReceivedAsync(cluster, "after the stop");
        await SendAsync(http, "after the stop", ana.PhoneNumber);
        await cluster.UntilAsync(() => SilosAsync(http, "active", third.Name), "the cluster's view has the new silo alone");
        var moves = 0;
        await cluster.UntilAsync(async () => (moves = await CountMovesAsync(http)) > 0 && cluster.Inbox.Of("instance.moved").Count >= moves, "every move has its event");
        await cluster.UntilAsync(async () => (await http.GetStringAsync(new Uri(Regex.Match(third.Process.Output, @"health on (?<url>http://\S+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["url"].Value + "/metrics")))
            .Contains("whatsapp_moves_total", StringComparison.Ordinal), "the new silo has counted its moves");
        AssertMoves(cluster.Inbox.Of("instance.moved"), moves, third.Name);

        string[] expected = [.. from moment in new[] { "before", "after the kill", "after the stop" } from id in Instances select $"from {id} {moment}"];
        await cluster.UntilAsync(() => Task.FromResult(ana.Messages.Count(message => message.Text?.StartsWith("from ", StringComparison.Ordinal) == true) >= expected.Length), "all texts reach Ana");
        Assert.Equal(expected.Order(), ana.Messages.Select(message => message.Text).Where(text => text?.StartsWith("from ", StringComparison.Ordinal) == true).Order()!);
        Assert.Equal(Instances.Length, cluster.Network.Stats.Pairings);
        Assert.Equal(0, cluster.Network.Stats.Violations);
    }

    // Silos in this state, by port.
    private static async Task<bool> SilosAsync(HttpClient http, string status, params string[] ports)
    {
        using var answer = await http.GetAsync(new Uri("/cluster", UriKind.Relative));
        if (!answer.IsSuccessStatusCode)
            return false;
        var view = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return view.GetProperty("totals").GetProperty("withoutOwner").GetInt32() == 0
            && ports.Order().SequenceEqual(view.GetProperty("silos").EnumerateArray().Where(silo => silo.GetProperty("status").GetString() == status).Select(silo => PortOf(silo, "node")).Order());
    }

    private static async Task<int> CountMovesAsync(HttpClient http)
    {
        using var answer = await http.GetAsync(new Uri("/cluster?moves=200", UriKind.Relative));
        return answer.IsSuccessStatusCode ? (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("moves").GetArrayLength() : 0;
    }

    // One event per move, and every instance's way without a gap from its first owner to its last.
    private static void AssertMoves(IReadOnlyList<JsonElement> events, int count, string last)
    {
        Assert.Equal(count, events.Count);
        foreach (var id in Instances)
        {
            var moves = events.Where(one => one.GetProperty("instanceId").GetString() == id).Select(one => one.GetProperty("data")).ToList();
            Assert.Equal(last, PortOf(moves[^1], "toNode"));
            Assert.Equal(moves.Skip(1).Select(move => PortOf(move, "fromNode")), moves.SkipLast(1).Select(move => PortOf(move, "toNode")));
            Assert.All(moves, move => Assert.NotEqual(PortOf(move, "fromNode"), PortOf(move, "toNode")));
            Assert.Equal(JsonValueKind.Number, moves[^1].GetProperty("downtimeMs").ValueKind);
        }
        Assert.Superset(new HashSet<string?> { "crash", "drain" }, events.Select(one => one.GetProperty("data").GetProperty("reason").GetString()).ToHashSet());
    }

    private static string PortOf(JsonElement element, string name) => element.GetProperty(name).GetString()!.Split(':', '@')[1];

    private static async Task SendAsync(HttpClient http, string moment, string to)
    {
        foreach (var id in Instances)
            await TestCluster.SendAsync(http, id, to, $"from {id} {moment}");
    }

    // Each text once at the webhook: the inbox knows an event it has had by its id.
    private static async Task ReceivedAsync(TestCluster cluster, string moment)
    {
        string[] expected = [.. Instances.Select(id => $"to {id} {moment}")];
        await cluster.UntilAsync(() => Task.FromResult(expected.All(cluster.Inbox.Texts.Contains)), $"the texts {moment} reach the webhook");
        Assert.Equal(expected, cluster.Inbox.Texts.Where(text => text.EndsWith(moment, StringComparison.Ordinal)).Order());
    }
}
