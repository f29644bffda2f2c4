using System.Globalization;
using System.Net;

namespace WhatsApp.Deploy.Tests;

/// <summary>What `dotnet publish` makes, run as the images run it: another user, and only DATA_DIR to write to.</summary>
public sealed class PublishedTests(PublishedFolder folder) : IClassFixture<PublishedFolder>
{
    private const string AdminKey = "deploy-test-admin-key";

    [Fact]
    public async Task The_published_gateway_runs_as_another_user_and_writes_only_its_data()
    {
        var before = folder.Files("app");
        using var gateway = folder.Start("WhatsApp.Gateway", [], ("LISTEN", "http://127.0.0.1:0"), ("API_KEY", AdminKey));
        var (url, output) = await PublishedFolder.ReadyAsync(gateway);
        using (var http = new HttpClient { BaseAddress = new Uri(url) })
        {
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/healthz", UriKind.Relative))).StatusCode);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/readyz", UriKind.Relative))).StatusCode);
            http.DefaultRequestHeaders.Add("X-API-Key", AdminKey);
            // SQLite's own library is there: the database answers.
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/instances", UriKind.Relative))).StatusCode);
        }
        // It has a few seconds to answer, which a busy machine may need more than once.
        var alive = await folder.RunAsync("WhatsApp.Gateway", ["--health"], ("LISTEN", url));
        for (var tries = 1; alive.Code != 0 && tries < 10; tries++)
            alive = await folder.RunAsync("WhatsApp.Gateway", ["--health"], ("LISTEN", url));

        await PublishedFolder.CommandAsync("kill", "-TERM", gateway.Id.ToString(CultureInfo.InvariantCulture));
        await gateway.WaitForExitAsync().WaitAsync(PublishedFolder.Patience);
        var dead = await folder.RunAsync("WhatsApp.Gateway", ["--health"], ("LISTEN", url));

        Assert.True(gateway.ExitCode == 0, await output);
        Assert.Equal(0, alive.Code);
        Assert.Equal(1, dead.Code);
        Assert.Equal(before, folder.Files("app"));
        Assert.Empty(folder.Files("tmp"));
        Assert.NotEmpty(folder.Files("data"));
        Assert.Equal(["app", "data", "tmp"], Directory.GetFileSystemEntries(folder.Path).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_published_silo_runs_as_another_user_and_says_what_it_needs()
    {
        var (code, output) = await folder.RunAsync("WhatsApp.Silo", []);

        Assert.Equal(1, code);
        Assert.Contains("a silo of its own needs CLUSTER_MODE=cluster", output, StringComparison.Ordinal);
    }
}
