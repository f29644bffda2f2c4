using System.Globalization;
using Npgsql;
using WhatsApp.Clusters;
using WhatsApp.Sandbox.Network;
using WhatsApp.Sandbox.Phones;
using WhatsApp.Servers;

namespace WhatsApp.Cluster.Tests;

/// <summary>Three silos, two gateways, some instances under traffic in both directions: what <see cref="ChaosTests"/> happens to.</summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    private const int Silos = 3;
    private const int Instances = 6;
    private const double TextsPerSecond = 6;

    private readonly bool _isProxied;
    private readonly List<ChaosSilo> _silos = [];
    private readonly List<(ProductProcess Process, HttpClient Http)> _gateways = [];
    private OwnershipAudit _audit = null!;

    private ChaosCluster(TestCluster cluster, bool isProxied) => (Cluster, _isProxied) = (cluster, isProxied);

    public TestCluster Cluster { get; }
    public Traffic Traffic { get; private set; } = null!;
    public IReadOnlyList<ChaosSilo> Living => _silos;
    public IReadOnlyList<HttpClient> Gateways => [.. _gateways.Select(gateway => gateway.Http)];

    /// <summary>Everything runs, all instances are open, traffic flows.</summary>
    /// <param name="isProxied">Each silo reaches Redis and PostgreSQL by a <see cref="FaultProxy"/> of its own.</param>
    public static async Task<ChaosCluster> StartAsync(bool isProxied)
    {
        var chaos = new ChaosCluster(await TestCluster.StartAsync(postgresPort: isProxied), isProxied);
        try
        {
            await chaos.StartAsync();
            return chaos;
        }
        catch
        {
            await chaos.DisposeAsync();
            throw;
        }
    }

    private async Task StartAsync()
    {
        for (var number = 0; number < Silos; number++)
            await AddSiloAsync();
        _audit = new OwnershipAudit(Cluster.Database);
        await _audit.InstallAsync();
        await AddGatewayAsync();
        await AddGatewayAsync();
        List<(string Id, VirtualPhone Phone)> instances = [.. Enumerable.Range(1, Instances).Select(number => $"shop{number.ToString(CultureInfo.InvariantCulture)}").Select(id => (id, Cluster.AddPhone(id)))];
        await Parallel.ForEachAsync(instances, async (instance, _) => await Cluster.LinkAsync(Gateways[0], instance.Id, instance.Phone));
        Traffic = Traffic.Start(Cluster, Gateways, instances, Cluster.AddPhone("Customer"), TextsPerSecond, callers: 4);
        await FlowsAsync();
    }

    public async Task<ChaosSilo> AddSiloAsync()
    {
        var (redis, postgres) = _isProxied ? (FaultProxy.Start(Cluster.Redis.Port), FaultProxy.Start(Cluster.Postgres.Port!.Value)) : (null, null);
        Dictionary<string, string> changes = [];
        if (redis is not null)
            changes["REDIS"] = $"127.0.0.1:{redis.Port.ToString(CultureInfo.InvariantCulture)}";
        if (postgres is not null)
            changes["POSTGRES"] = new NpgsqlConnectionStringBuilder(Cluster.Database) { Host = "127.0.0.1", Port = postgres.Port }.ConnectionString;
        var (process, name) = await Cluster.StartSiloAsync(changes);
        var silo = new ChaosSilo(process, name, redis, postgres);
        _silos.Add(silo);
        return silo;
    }

    public async Task AddGatewayAsync() => _gateways.Add(await Cluster.StartGatewayAsync());

    /// <summary>The silo with the most instances: what happens to it is felt.</summary>
    public async Task<ChaosSilo> VictimAsync()
    {
        Dictionary<string, int> owned = [];
        foreach (var (id, _) in Traffic.Instances)
            if (await TestCluster.NodeAsync(Gateways[0], id) is { } node)
                owned[node] = owned.GetValueOrDefault(node) + 1;
        return _silos.MaxBy(silo => owned.GetValueOrDefault(silo.Name))!;
    }

    /// <summary>It does not count any more; its process may still run.</summary>
    public void Forget(ChaosSilo silo) => _silos.Remove(silo);

    public async Task KillAsync(ChaosSilo silo)
    {
        Forget(silo);
        await silo.Process.KillAsync();
    }

    public async Task KillGatewayAsync()
    {
        var gateway = _gateways[^1];
        _gateways.Remove(gateway);
        await gateway.Process.KillAsync();
    }

    /// <summary>Every instance is open, on a silo that counts.</summary>
    public async Task AllOpenAsync()
    {
        string[] names = [.. _silos.Select(silo => silo.Name)];
        foreach (var (id, _) in Traffic.Instances)
            await Cluster.UntilAsync(() => TestCluster.IsOpenOnAsync(Gateways[0], id, names), $"{id} is open on one of {string.Join(' ', names)}");
    }

    /// <summary>Texts that start now go through, to and from every instance.</summary>
    public async Task FlowsAsync()
    {
        var since = TimeProvider.System.GetUtcNow();
        var written = Traffic.Instances.ToDictionary(instance => instance.Id, instance => Traffic.Written.GetValueOrDefault(instance.Id) + 1);
        await Cluster.UntilAsync(() => Task.FromResult(
            Traffic.Instances.All(instance => Traffic.Sends.Any(send => send.At >= since && send.Instance == instance.Id && send.Accepted))
            && written.All(pair => Cluster.Inbox.Texts.Contains($"to {pair.Key} {pair.Value.ToString(CultureInfo.InvariantCulture)}"))), "texts go through in both directions");
    }

    /// <summary>Ends the traffic, and says what is wrong.</summary>
    public async Task<IReadOnlyList<string>> ProblemsAsync()
    {
        await AllOpenAsync();
        await Traffic.StopAsync();
        return [.. await Invariants.CheckAsync(Traffic, _audit), .. Refusals(), .. Fights()];
    }

    // 0: no answer, as when a gateway is killed.
    private IEnumerable<string> Refusals() => Traffic.Sends.SelectMany(send => send.Refusals.Where(status => status is not (0 or 503)).Select(status => $"{send.Text}: answered {status}"));

    // Owners that throw each other out log in alternately. One take-over for each silo that was thought dead is as it should be.
    private IEnumerable<string> Fights() => Cluster.Network.Connections.Since(TimeSpan.Zero).Where(step => step.Step == ConnectionStepKind.TakeOver).GroupBy(step => step.PhoneNumber, StringComparer.Ordinal)
        .Where(steps => steps.Count() > 4).Select(steps => $"{steps.Key} was taken over {steps.Count()} times");

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, http) in _gateways)
            http.CancelPendingRequests();
        await Cluster.DisposeAsync();
        if (Traffic is not null)
            await Traffic.DisposeAsync();
        foreach (var silo in _silos)
            await silo.DisposeAsync();
        foreach (var (_, http) in _gateways)
            http.Dispose();
    }
}

/// <summary>A silo, and its cables if it has any.</summary>
internal sealed record ChaosSilo(ProductProcess Process, string Name, FaultProxy? Redis, FaultProxy? Postgres) : IAsyncDisposable
{
    public async ValueTask DisposeAsync()
    {
        if (Redis is not null)
            await Redis.DisposeAsync();
        if (Postgres is not null)
            await Postgres.DisposeAsync();
    }
}
