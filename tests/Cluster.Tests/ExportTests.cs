using System.Net;
using System.Net.Http.Json;
using WhatsApp.Clusters;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Cluster.Tests;

/// <summary>An instance that was linked in one process goes on in a cluster: by export and import, without a new QR.</summary>
[Trait("Category", "chaos")]
public sealed class ExportTests : IDisposable
{
    private const string Shop = "shop";

    private readonly string _folder = Directory.CreateTempSubdirectory("wa-export-").FullName;

    private string FilePath => Path.Combine(_folder, "shop.export");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task An_instance_moves_from_one_process_to_a_cluster_with_all_that_waits_and_does_not_start_at_home_again()
    {
        await using var cluster = await TestCluster.StartAsync();
        var (phone, ana) = (cluster.AddPhone("Shop"), cluster.AddPhone("Ana"));
        var home = HomeProcess.Settings(cluster, Path.Combine(_folder, "data"));

        await using (var running = await HomeProcess.StartAsync(home))
        {
            var http = running.Http;
            await cluster.LinkAsync(http, Shop, phone);
            await SendAsync(http, "from home", ana.PhoneNumber);
            ana.SendText(phone.PhoneNumber, "to home");
            await cluster.Inbox.WaitAsync(inbox => inbox.Texts.Contains("to home"), "the text at home", 90);
            // An event that the webhook does not take waits, and is carried.
            cluster.Inbox.Misbehaviour = context =>
            {
                context.Response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
                return Task.CompletedTask;
            };
            ana.SendText(phone.PhoneNumber, "held");
            await cluster.UntilAsync(async () => (await TestCluster.GetAsync(http, $"/instances/{Shop}")).GetProperty("health").GetProperty("webhookBacklog").GetInt32() > 0, "the event waits");

            var busy = await ProductProcess.RunAsync(HomeProcess.Gateway, home, "export", FilePath);
            Assert.Equal(1, busy.Code);
            Assert.Contains("is another process running on it?", busy.Output, StringComparison.Ordinal);
            Assert.Equal(0, await running.Process.TerminateAsync());
        }
        ana.SendText(phone.PhoneNumber, "on the way");
        Assert.Equal((0, $"exported 1: {Shop}"), FirstLine(await ProductProcess.RunAsync(HomeProcess.Gateway, home, "export", FilePath)));
        cluster.Inbox.Misbehaviour = null;

        await cluster.StartSiloAsync();
        var (_, away) = await cluster.StartGatewayAsync();
        using var client = away;
        var target = cluster.Environment;
        target["EXPORT_PASSPHRASE"] = "another passphrase";
        Assert.Equal((1, "cannot import: the passphrase is wrong"), FirstLine(await ProductProcess.RunAsync(HomeProcess.Gateway, target, "import", FilePath)));
        target["EXPORT_PASSPHRASE"] = home["EXPORT_PASSPHRASE"];
        Assert.Equal((0, $"imported 1: {Shop}"), FirstLine(await ProductProcess.RunAsync(HomeProcess.Gateway, target, "import", FilePath)));

        await cluster.UntilAsync(async () => (await TestCluster.GetAsync(away, $"/instances/{Shop}/status")).GetProperty("status").GetString() == "open", "it is open in the cluster");
        await cluster.Inbox.WaitAsync(inbox => inbox.Texts.Contains("on the way"), "what came meanwhile", 90);
        await SendAsync(away, "from the cluster", ana.PhoneNumber);
        ana.SendText(phone.PhoneNumber, "to the cluster");
        await cluster.Inbox.WaitAsync(inbox => inbox.Texts.Contains("to the cluster"), "the text in the cluster", 90);
        await cluster.UntilAsync(() => Task.FromResult(Own(ana).Count >= 2), "both texts reach Ana");

        await using (var running = await HomeProcess.StartAsync(home))
        {
            var http = running.Http;
            Assert.Equal("exported", (await TestCluster.GetAsync(http, $"/instances/{Shop}")).GetProperty("status").GetString());
            using var refused = await http.PostAsync(new Uri($"/instances/{Shop}/restart", UriKind.Relative), null);
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains("instance-exported", await refused.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            using var unsent = await http.PostAsJsonAsync($"/instances/{Shop}/sendMessage", new { to = ana.PhoneNumber, message = "from nowhere" });
            Assert.Equal(HttpStatusCode.Conflict, unsent.StatusCode);

            // Deleted at home: neither the phone nor the files, which both may share, are touched.
            var file = Path.Combine(home["DATA_DIR"], "media", "received", Shop, "file");
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, "kept");
            using var deleted = await http.DeleteAsync(new Uri($"/instances/{Shop}", UriKind.Relative));
            Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
            Assert.True(File.Exists(file));
        }
        await SendAsync(away, "from the cluster again", ana.PhoneNumber);
        await cluster.UntilAsync(() => Task.FromResult(Own(ana).Count >= 3), "the last text reaches Ana");
        Assert.Equal(["from home", "from the cluster", "from the cluster again"], Own(ana));
        Assert.Equal(["to home", "held", "on the way", "to the cluster"], cluster.Inbox.Texts);
        Assert.Equal(1, cluster.Network.Stats.Pairings);
        Assert.Equal(0, cluster.Network.Stats.Violations);
    }

    private static Task SendAsync(HttpClient http, string message, string to) => TestCluster.SendAsync(http, Shop, to, message);

    private static List<string> Own(VirtualPhone ana) => [.. ana.Messages.Select(message => message.Text).OfType<string>().Where(text => text.StartsWith("from ", StringComparison.Ordinal))];

    private static (int Code, string Line) FirstLine((int Code, string Output) run) => (run.Code, run.Output.Split('\n')[0]);
}
