using System.Text.Json;
using WhatsApp.Clusters;
using WhatsApp.Sandbox.Network;

namespace WhatsApp.Cluster.Tests;

/// <summary>Somebody else logs in with an instance's credentials while its owner's lease holds, as a restored copy of the data would: nobody fights.</summary>
[Trait("Category", "chaos")]
public sealed class ReplacedTests : IDisposable
{
    private const string Shop = "shop";

    private readonly string _folder = Directory.CreateTempSubdirectory("wa-replaced-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_one_that_was_replaced_stops_and_says_so_until_somebody_starts_it_again()
    {
        await using var cluster = await TestCluster.StartAsync();
        var phone = cluster.AddPhone("Shop");
        var (original, copy) = (HomeProcess.Settings(cluster, Path.Combine(_folder, "original")), HomeProcess.Settings(cluster, Path.Combine(_folder, "copy")));
        await using (var home = await HomeProcess.StartAsync(original))
        {
            await cluster.LinkAsync(home.Http, Shop, phone);
            Assert.Equal(0, await home.Process.TerminateAsync());
        }
        Copy(original["DATA_DIR"], copy["DATA_DIR"]);
        var file = Path.Combine(_folder, "shop.export");
        Assert.Equal(0, (await ProductProcess.RunAsync(HomeProcess.Gateway, original, "export", file)).Code);
        await cluster.StartSiloAsync();
        await cluster.StartSiloAsync();
        var (_, http) = await cluster.StartGatewayAsync();
        using var client = http;
        var target = cluster.Environment;
        target["EXPORT_PASSPHRASE"] = original["EXPORT_PASSPHRASE"];
        Assert.Equal(0, (await ProductProcess.RunAsync(HomeProcess.Gateway, target, "import", file)).Code);
        await BecomesAsync(cluster, http, "open");
        Assert.Equal(0, TakeOvers(cluster));

        await using var other = await HomeProcess.StartAsync(copy);
        await BecomesAsync(cluster, other.Http, "open");
        await BecomesAsync(cluster, http, "closed");
        Assert.Equal("connection_replaced", (await TestCluster.GetAsync(http, $"/instances/{Shop}/status")).GetProperty("lastDisconnect").GetProperty("reason").GetString());
        await cluster.Inbox.WaitAsync(inbox => inbox.Of("connection.close").Any(IsReplaced), "the event", 90);
        Assert.Equal(1, TakeOvers(cluster));

        // Only a person knows which of the two is meant.
        using var restarted = await http.PostAsync(new Uri($"/instances/{Shop}/restart", UriKind.Relative), null);
        Assert.True(restarted.IsSuccessStatusCode, await restarted.Content.ReadAsStringAsync());
        await BecomesAsync(cluster, http, "open");
        await BecomesAsync(cluster, other.Http, "closed");
        Assert.Equal(2, TakeOvers(cluster));
        Assert.Equal(1, cluster.Network.Stats.Pairings);
    }

    private static Task BecomesAsync(TestCluster cluster, HttpClient http, string status) => cluster.UntilAsync(
        async () => (await TestCluster.GetAsync(http, $"/instances/{Shop}/status")).GetProperty("status").GetString() == status, $"{http.BaseAddress} says {status}");

    private static bool IsReplaced(JsonElement one) => one.GetProperty("data").GetProperty("reason").GetString() == "connection_replaced";

    private static int TakeOvers(TestCluster cluster) => cluster.Network.Connections.Since(TimeSpan.Zero).Count(step => step.Step == ConnectionStepKind.TakeOver);

    private static void Copy(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
