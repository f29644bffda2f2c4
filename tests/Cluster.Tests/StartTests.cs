using System.Net;
using WhatsApp.Clusters;
using WhatsApp.Servers;

namespace WhatsApp.Cluster.Tests;

/// <summary>What stops a start is told in one line; what is merely not there yet is waited for.</summary>
public sealed class StartTests
{
    private static Dictionary<string, string> Settings(params (string Name, string Value)[] changes)
    {
        var settings = new Dictionary<string, string>
        {
            ["CLUSTER_MODE"] = "cluster",
            ["REDIS"] = "127.0.0.1:1",
            ["POSTGRES"] = "postgres://wa:a-secret-word@127.0.0.1:1/wa",
            ["DATA_KEY"] = new string('d', 64),
            ["LISTEN"] = "http://127.0.0.1:0",
        };
        foreach (var (name, value) in changes)
            settings[name] = value;
        return settings;
    }

    [Theory]
    [InlineData("CLUSTER_MODE", "many", "CLUSTER_MODE must be embedded or cluster, not 'many'")]
    [InlineData("REDIS", "", "REDIS must be set when CLUSTER_MODE is cluster")]
    [InlineData("DATA_KEY", "", "DATA_KEY must be set when CLUSTER_MODE is cluster")]
    [InlineData("DATA_KEY", "short", "DATA_KEY must be 32 bytes")]
    [InlineData("POSTGRES", "", "POSTGRES must be set when CLUSTER_MODE is cluster")]
    [InlineData("POSTGRES", "db.local", "POSTGRES must be postgres://")]
    [InlineData("SILO_PORT", "many", "SILO_PORT must be a number from 1 to 65535")]
    [InlineData("SILO_ADDRESS", "here", "SILO_ADDRESS must be an IP address")]
    public async Task Wrong_or_missing_settings_stop_a_silo_with_one_line(string name, string value, string line)
    {
        var (code, output) = await TestCluster.RunSiloAsync(Settings((name, value)));

        Assert.Equal(1, code);
        Assert.StartsWith("cannot start: " + line, output, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', output);
    }

    [Theory]
    [InlineData("CLUSTER_MODE", "", "POSTGRES is set, but CLUSTER_MODE is not cluster")]
    [InlineData("REDIS", "redis://", "REDIS must be host:port")]
    [InlineData("DATA_KEY", "", "DATA_KEY must be set when CLUSTER_MODE is cluster")]
    public async Task Wrong_or_missing_settings_stop_a_gateway_with_one_line(string name, string value, string line)
    {
        var (code, output) = await TestCluster.RunGatewayAsync(Settings((name, value)));

        Assert.Equal(1, code);
        Assert.StartsWith("cannot start: " + line, output, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', output);
    }

    [Fact]
    public async Task A_wrong_data_key_stops_a_silo_with_one_line()
    {
        await using var redis = await RedisServer.StartAsync();
        await using var postgres = await PostgresServer.StartAsync();
        var database = await postgres.CreateDatabaseAsync();
        WhatsApp.Grains.Storage.Postgres.PostgresStorage.Open(
            new(WhatsApp.Grains.Storage.Postgres.PostgresAddress.Parse(database), new string('e', 64)), TimeProvider.System).Dispose();

        var (code, output) = await TestCluster.RunSiloAsync(Settings(("REDIS", redis.Address), ("POSTGRES", database)));

        Assert.Equal(1, code);
        Assert.StartsWith("cannot start: the database was sealed under another data key", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', output);
    }

    [Fact]
    public async Task A_gateway_without_silos_says_so_and_is_ready_when_the_first_comes()
    {
        await using var cluster = await TestCluster.StartAsync();
        var silo = await cluster.StartSiloAsync();
        var (_, http) = await cluster.StartGatewayAsync();
        using var client = http;
        await cluster.UntilAsync(async () => await StatusAsync(http, "/readyz") == HttpStatusCode.OK, "the gateway is ready");
        await cluster.UntilAsync(async () => await StatusAsync(http, "/instances") == HttpStatusCode.OK, "the gateway serves");

        await silo.Process.KillAsync();
        await cluster.UntilAsync(async () => await StatusAsync(http, "/readyz") == HttpStatusCode.ServiceUnavailable, "the gateway is not ready");
        using (var busy = await http.GetAsync(new Uri("/instances", UriKind.Relative)))
        {
            Assert.Equal(HttpStatusCode.ServiceUnavailable, busy.StatusCode);
            Assert.Contains("instance-busy", await busy.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.NotNull(busy.Headers.RetryAfter);
        }
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(http, "/healthz"));

        await cluster.StartSiloAsync();
        await cluster.UntilAsync(async () => await StatusAsync(http, "/readyz") == HttpStatusCode.OK, "the gateway is ready again");
        await cluster.UntilAsync(async () => await StatusAsync(http, "/instances") == HttpStatusCode.OK, "the gateway serves again");
    }

    private static async Task<HttpStatusCode> StatusAsync(HttpClient http, string path)
    {
        using var answer = await http.GetAsync(new Uri(path, UriKind.Relative));
        return answer.StatusCode;
    }
}
