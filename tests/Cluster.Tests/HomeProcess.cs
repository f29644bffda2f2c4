using WhatsApp.Clusters;

namespace WhatsApp.Cluster.Tests;

/// <summary>The product as one process with SQLite, on the network of a cluster.</summary>
internal sealed record HomeProcess(ProductProcess Process, HttpClient Http) : IAsyncDisposable
{
    public const string Gateway = "WhatsApp.Gateway";

    /// <summary>Settings of such a process.</summary>
    /// <param name="cluster">Whose network it is on.</param>
    /// <param name="data">Its folder.</param>
    public static Dictionary<string, string> Settings(TestCluster cluster, string data)
    {
        var home = cluster.Environment;
        foreach (var name in new[] { "CLUSTER_MODE", "REDIS", "POSTGRES", "DATA_KEY", "SILO_ADDRESS", "Cluster__SweepDelaySeconds" })
            home.Remove(name);
        home["DATA_DIR"] = data;
        home["EXPORT_PASSPHRASE"] = "a long enough passphrase";
        return home;
    }

    public static async Task<HomeProcess> StartAsync(Dictionary<string, string> settings)
    {
        var (process, url) = await ProductProcess.StartAsync(Gateway, settings, @"is ready on (?<found>http://\S+)");
        var http = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.Add("X-API-Key", TestCluster.Key);
        return new HomeProcess(process, http);
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Process.DisposeAsync();
    }
}
