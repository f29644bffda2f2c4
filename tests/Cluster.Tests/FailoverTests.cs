using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
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

        string[] expected = [.. from moment in new[] { "before", "after the kill", "after the stop" } from id in Instances select $"from {id} {moment}"];
        await cluster.UntilAsync(() => Task.FromResult(ana.Messages.Count(message => message.Text?.StartsWith("from ", StringComparison.Ordinal) == true) >= expected.Length), "all texts reach Ana");
        Assert.Equal(expected.Order(), ana.Messages.Select(message => message.Text).Where(text => text?.StartsWith("from ", StringComparison.Ordinal) == true).Order()!);
        Assert.Equal(Instances.Length, cluster.Network.Stats.Pairings);
        Assert.Equal(0, cluster.Network.Stats.Violations);
    }

    private static async Task SendAsync(HttpClient http, string moment, string to)
    {
        foreach (var id in Instances)
        {
            using var sent = await http.PostAsJsonAsync($"/instances/{id}/sendMessage", new { to, message = $"from {id} {moment}" });
            Assert.True(sent.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted, $"{id} {moment}: {await sent.Content.ReadAsStringAsync()}");
        }
    }

    // Each text once at the webhook: the inbox knows an event it has had by its id.
    private static async Task ReceivedAsync(TestCluster cluster, string moment)
    {
        string[] expected = [.. Instances.Select(id => $"to {id} {moment}")];
        await cluster.UntilAsync(() => Task.FromResult(expected.All(cluster.Inbox.Texts.Contains)), $"the texts {moment} reach the webhook");
        Assert.Equal(expected, cluster.Inbox.Texts.Where(text => text.EndsWith(moment, StringComparison.Ordinal)).Order());
    }
}
