using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;
using WhatsApp.Servers;

namespace WhatsApp.Clusters;

/// <summary>A whole cluster on this machine: Redis, PostgreSQL, silos and gateways as processes, a simulated WhatsApp, a webhook receiver.</summary>
public sealed class TestCluster : IAsyncDisposable
{
    public const string Key = "cluster-test-admin-key";
    private const string SiloAssembly = "WhatsApp.Silo";
    private const string GatewayAssembly = "WhatsApp.Gateway";

    private readonly string _folder = System.IO.Directory.CreateTempSubdirectory("wa-cluster-").FullName;
    private readonly string _database;
    private readonly List<ProductProcess> _processes = [];
    private int _phones;

    private TestCluster(RedisServer redis, PostgresServer postgres, string database, SandboxNetwork network, EventInbox inbox) =>
        (Redis, Postgres, _database, Network, Inbox) = (redis, postgres, database, network, inbox);

    public RedisServer Redis { get; }
    public PostgresServer Postgres { get; }
    public SandboxNetwork Network { get; }
    public EventInbox Inbox { get; }

    /// <summary>The stores and the network; no process yet.</summary>
    /// <param name="network">The simulated WhatsApp.</param>
    /// <param name="postgresPort">PostgreSQL has a port, that a <see cref="FaultProxy"/> can stand before.</param>
    /// <param name="countsStatements">See <see cref="PostgresServer.StartAsync"/>.</param>
    public static async Task<TestCluster> StartAsync(SandboxOptions? network = null, bool postgresPort = false, bool countsStatements = false)
    {
        var (redis, postgres) = (await RedisServer.StartAsync(), await PostgresServer.StartAsync(postgresPort, countsStatements));
        return new TestCluster(redis, postgres, await postgres.CreateDatabaseAsync(), await SandboxNetwork.StartAsync(network), await EventInbox.StartAsync());
    }

    /// <summary>0: no instance moves but by what a test does to its silo.</summary>
    public int RebalanceSeconds { get; set; }

    /// <summary>What every process is told besides.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; set; } = new Dictionary<string, string>();

    /// <summary>Connection string of the database all processes use.</summary>
    public string Database => _database;

    /// <summary>What every process is told.</summary>
    public Dictionary<string, string> Environment => new(Settings)
    {
        ["CLUSTER_MODE"] = "cluster",
        ["REDIS"] = Redis.Address,
        ["POSTGRES"] = _database,
        ["DATA_KEY"] = new string('d', 64),
        ["DATA_DIR"] = _folder,
        ["API_KEY"] = Key,
        ["LISTEN"] = "http://127.0.0.1:0",
        ["SILO_ADDRESS"] = "127.0.0.1",
        ["Cluster__SweepDelaySeconds"] = "1",
        ["Cluster__RebalanceSeconds"] = RebalanceSeconds.ToString(CultureInfo.InvariantCulture),
        ["WhatsApp__SocketUrl"] = Network.SocketUrl.ToString(),
        ["WhatsApp__NoiseRootKey"] = Convert.ToHexStringLower(Network.RootKey),
        ["WhatsApp__ExtraCaFile"] = Network.CaFile,
        ["Outbound__AllowPrivateNetworks"] = "true",
    };

    /// <summary>Starts a silo; ready when this returns. Its name is what instances call their node.</summary>
    /// <param name="changes">What this one is told otherwise.</param>
    /// <param name="programs">Folder of another build; null = this one's.</param>
    public async Task<(ProductProcess Process, string Name)> StartSiloAsync(IReadOnlyDictionary<string, string>? changes = null, string? programs = null)
    {
        var environment = Environment;
        foreach (var (name, value) in changes ?? new Dictionary<string, string>())
            environment[name] = value;
        environment["SILO_PORT"] = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        environment["SILO_GATEWAY_PORT"] = FreePort.Next().ToString(CultureInfo.InvariantCulture);
        // The database knows its silos by name, see OwnershipAudit.
        environment["POSTGRES"] += $";Application Name=silo-{environment["SILO_PORT"]}";
        var (process, _) = await ProductProcess.StartAsync(Path.Combine(programs ?? Published("silo"), SiloAssembly), environment, @"silo (?<found>\S+) is ready");
        _processes.Add(process);
        // S127.0.0.1:11111:123 prints what 127.0.0.1:11111@123 is in the database.
        return (process, environment["SILO_PORT"]);
    }

    /// <summary>Starts a gateway; it answers when this returns.</summary>
    /// <param name="programs">Folder of another build; null = this one's.</param>
    public async Task<(ProductProcess Process, HttpClient Http)> StartGatewayAsync(string? programs = null)
    {
        var (process, url) = await ProductProcess.StartAsync(Path.Combine(programs ?? Published("gateway"), GatewayAssembly), Environment, @"is ready on (?<found>http://\S+)");
        _processes.Add(process);
        var http = new HttpClient { BaseAddress = new Uri(url), Timeout = TimeSpan.FromSeconds(60) };
        http.DefaultRequestHeaders.Add("X-API-Key", Key);
        return (process, http);
    }

    // PROGRAMS: what deploy/docker/publish made, instead of what was built beside this.
    private static string Published(string program) => System.Environment.GetEnvironmentVariable("PROGRAMS") is { Length: > 0 } folder ? Path.Combine(Path.GetFullPath(folder), program) : "";

    public static Task<(int Code, string Output)> RunSiloAsync(IReadOnlyDictionary<string, string> environment) => ProductProcess.RunAsync(SiloAssembly, environment);

    public static Task<(int Code, string Output)> RunGatewayAsync(IReadOnlyDictionary<string, string> environment) => ProductProcess.RunAsync(GatewayAssembly, environment);

    public VirtualPhone AddPhone(string name) =>
        Network.AddPhone("55119" + Interlocked.Increment(ref _phones).ToString("D8", CultureInfo.InvariantCulture), name);

    /// <summary>Creates an instance whose events go to the inbox, and links it.</summary>
    /// <param name="http">A gateway.</param>
    /// <param name="instanceId">Its id.</param>
    /// <param name="phone">Scans.</param>
    /// <param name="events">Which; none given = all.</param>
    public async Task LinkAsync(HttpClient http, string instanceId, VirtualPhone phone, params string[] events)
    {
        var body = new { instanceId, webhook = new { url = Inbox.Url.ToString(), events = events.Length == 0 ? ["*"] : events, retries = new { initialDelaySeconds = 1 } } };
        _ = await PatientAsync(() => http.PostAsJsonAsync("/instances", body));
        await phone.ScanAsync(await PatientAsync(() => http.GetAsync(new Uri($"/instances/{instanceId}/qr?format=raw&wait=20", UriKind.Relative))));
        await UntilAsync(async () => JsonElement.Parse(await PatientAsync(() => http.GetAsync(new Uri($"/instances/{instanceId}/status", UriKind.Relative)))).GetProperty("status").GetString() == "open", $"{instanceId} is open");
    }

    // A busy machine answers "busy, again" now and then; what is asked here may be asked again.
    private static async Task<string> PatientAsync(Func<Task<HttpResponseMessage>> ask)
    {
        for (var attempt = 1; ; attempt++)
        {
            using var answer = await ask();
            var body = await answer.Content.ReadAsStringAsync();
            if (answer.IsSuccessStatusCode)
                return body;
            if (answer.StatusCode != HttpStatusCode.ServiceUnavailable || attempt == 30)
                throw new InvalidOperationException(body);
            await Task.Delay(TimeSpan.FromSeconds(1));
        }
    }

    public static async Task<JsonElement> GetAsync(HttpClient http, string path) => JsonElement.Parse(await PatientAsync(() => http.GetAsync(new Uri(path, UriKind.Relative))));

    /// <summary>Asks until it is done, as a caller does who is told to come again.</summary>
    public static async Task<JsonElement> PostAsync(HttpClient http, string path, object body) => JsonElement.Parse(await PatientAsync(() => http.PostAsJsonAsync(path, body)));

    /// <summary>Sends a text until it is taken, as a caller does who is told to come again: under one message id.</summary>
    public static Task SendAsync(HttpClient http, string instanceId, string to, string message)
    {
        var messageId = Convert.ToHexString(RandomNumberGenerator.GetBytes(10));
        return PatientAsync(() => http.PostAsJsonAsync($"/instances/{instanceId}/sendMessage", new { to, message, messageId }));
    }

    /// <summary>Port of the silo that owns the instance, or null.</summary>
    public static async Task<string?> NodeAsync(HttpClient http, string instanceId) =>
        NodeOf(await GetAsync(http, $"/instances/{instanceId}"));

    private static string? NodeOf(JsonElement instance) => instance.GetProperty("node").GetString() is { } node ? node.Split(':', '@')[1] : null;

    /// <summary>True when the instance is open, and owned by one of these silos; not while an answer is still "busy".</summary>
    public static async Task<bool> IsOpenOnAsync(HttpClient http, string instanceId, params string[] silos)
    {
        using var status = await http.GetAsync(new Uri($"/instances/{instanceId}/status", UriKind.Relative));
        if (!status.IsSuccessStatusCode || (await status.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString() != "open")
            return false;
        using var summary = await http.GetAsync(new Uri($"/instances/{instanceId}", UriKind.Relative));
        return summary.IsSuccessStatusCode && NodeOf(await summary.Content.ReadFromJsonAsync<JsonElement>()) is { } node && silos.Contains(node);
    }

    /// <summary>Waits for a condition that must come true.</summary>
    public async Task UntilAsync(Func<Task<bool>> condition, string what, int seconds = 90)
    {
        var clock = Stopwatch.StartNew();
        while (!await condition())
        {
            if (clock.Elapsed > TimeSpan.FromSeconds(seconds))
                throw new TimeoutException($"not within {seconds} s: {what}\n{string.Join("\n---\n", _processes.Select(process => process.Output))}");
            await Task.Delay(50);
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            await process.DisposeAsync();
        await Inbox.DisposeAsync();
        await Network.DisposeAsync();
        await Postgres.DisposeAsync();
        await Redis.DisposeAsync();
        System.IO.Directory.Delete(_folder, recursive: true);
    }
}
