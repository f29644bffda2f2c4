using System.Net;
using System.Text.Json;
using WhatsApp.Clusters;

namespace WhatsApp.Load;

/// <summary>Silos and gateways of two builds, and the steps from one to the other.</summary>
internal sealed class UpgradeRun(TestCluster cluster, string oldFolder, Report report) : IAsyncDisposable
{
    private const int SiloCount = 3;
    private const int GatewayCount = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly List<(ProductProcess Process, string Name, bool IsOld)> _silos = [];
    private readonly List<(ProductProcess Process, HttpClient Http, bool IsOld)> _gateways = [];
    private readonly List<HttpClient> _clients = [];
    private bool _isMigrated;
    private int _step;

    /// <summary>Those that take requests now.</summary>
    public HttpClient[] Gateways => [.. _gateways.Select(gateway => gateway.Http)];

    /// <summary>Instances that were linked and deleted by walks.</summary>
    public int Lives { get; private set; }

    /// <summary>The old cluster.</summary>
    public async Task<OwnershipAudit> StartAsync()
    {
        for (var silo = 0; silo < SiloCount; silo++)
            await AddSiloAsync(isOld: true);
        var audit = new OwnershipAudit(cluster.Database);
        await audit.InstallAsync();
        for (var gateway = 0; gateway < GatewayCount; gateway++)
            await AddGatewayAsync(isOld: true);
        return audit;
    }

    /// <summary>A silo of the other build joins, then one of this build is told to leave.</summary>
    /// <param name="traffic">Runs all the time.</param>
    /// <param name="audit">Knows what was moved on purpose.</param>
    /// <param name="old">Which build leaves.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task ReplaceSiloAsync(Clusters.Traffic traffic, OwnershipAudit audit, bool old, CancellationToken cancellationToken)
    {
        var name = $"{++_step} silo {(old ? "old → new" : "new → old")}";
        var (since, at) = (cluster.Network.Connections.Now, TimeProvider.System.GetUtcNow());
        await AddSiloAsync(!old);
        var victim = _silos.First(silo => silo.IsOld == old);
        var moved = await Ownership.OwnedAsync(Gateways[0], victim.Name, cancellationToken);
        var told = cluster.Network.Connections.Now;
        FailoverScenario.Say($"{name}: the silo of port {victim.Name} with {moved.Count} instances is told to leave");
        var end = victim.Process.TerminateAsync();
        _silos.Remove(victim);
        var times = await Ownership.ReopenedAsync(traffic, moved, told, Patience, cancellationToken);
        if (await end is not 0 and var code)
            report.Problems.Add($"{name}: the silo that left ended with exit code {code}");
        if (moved.Count - times.Count is > 0 and var closed)
            report.Problems.Add($"{name}: {closed} instances did not open again within {Patience.TotalSeconds:0} s");
        moved.UnionWith(await RebalancedAsync(audit, at));
        Tell(name, traffic, moved, times, since, at);
    }

    /// <summary>A gateway of the other build takes requests, then one of this build is told to leave.</summary>
    public async Task ReplaceGatewayAsync(Clusters.Traffic traffic, OwnershipAudit audit, bool old, CancellationToken cancellationToken)
    {
        var name = $"{++_step} gateway {(old ? "old → new" : "new → old")}";
        var (since, at) = (cluster.Network.Connections.Now, TimeProvider.System.GetUtcNow());
        await AddGatewayAsync(!old);
        var victim = _gateways.First(gateway => gateway.IsOld == old);
        _gateways.Remove(victim);
        traffic.Gateways = Gateways;
        FailoverScenario.Say($"{name}: the old one is told to leave");
        if (await victim.Process.TerminateAsync() is not 0 and var code)
            report.Problems.Add($"{name}: the gateway that left ended with exit code {code}");
        await Task.Delay(TimeSpan.FromSeconds(2), cancellationToken);
        Tell(name, traffic, await RebalancedAsync(audit, at), [], since, at);
    }

    /// <summary>Every verb, through a gateway of one build, against an instance of a silo of the other.</summary>
    public async Task WalkAsync(Clusters.Traffic traffic, bool oldGateway, bool oldSilo, CancellationToken cancellationToken)
    {
        var name = $"{++_step} {Build(oldGateway)} gateway to {Build(oldSilo)} silo";
        var gateway = _gateways.First(gateway => gateway.IsOld == oldGateway).Http;
        var ports = _silos.Where(silo => silo.IsOld == oldSilo).Select(silo => silo.Name).ToList();
        HashSet<string> there = [];
        await cluster.UntilAsync(async () =>
        {
            foreach (var port in ports)
                there.UnionWith(await Ownership.OwnedAsync(gateway, port, cancellationToken));
            return there.Count > 0;
        }, $"{name}: an instance is there");
        var walk = new EveryVerb(cluster, gateway, cluster.AddPhone(name), name);
        var (id, phone) = traffic.Instances.First(instance => there.Contains(instance.Id));
        FailoverScenario.Say($"{name}: with {id}");
        try
        {
            await walk.WalkAsync(id, phone);
        }
        catch (TimeoutException late)
        {
            report.Problems.Add($"{name}: {late.Message.Split('\n')[0]}");
        }
        Lives++;
        await walk.LifeAsync($"life-{_step}");
        report.Problems.AddRange(walk.Problems);
        report.Figures[name] = $"{walk.Asked} requests, {walk.Problems.Count} refused, {walk.Busy} asked again";
    }

    /// <summary>GET /cluster of a new gateway: 503 while it knows old silos only, then an answer in which none that runs is unreachable.</summary>
    public async Task LookAtClusterAsync(CancellationToken cancellationToken)
    {
        var name = $"{++_step} GET /cluster";
        var http = _gateways.First(gateway => !gateway.IsOld).Http;
        await cluster.UntilAsync(async () =>
        {
            using var answer = await http.GetAsync(new Uri("/cluster", UriKind.Relative), cancellationToken);
            var text = await answer.Content.ReadAsStringAsync(cancellationToken);
            var isWrong = answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.ServiceUnavailable);
            if (isWrong)
                report.Problems.Add($"{name}: {(int)answer.StatusCode} {text}");
            report.Figures[name] = answer.StatusCode == HttpStatusCode.OK ? Silos(text) : $"{(int)answer.StatusCode}";
            return answer.StatusCode == (_isMigrated ? HttpStatusCode.OK : HttpStatusCode.ServiceUnavailable) || isWrong;
        }, $"{name} answers");
        if (report.Figures[name] is string silos && silos.Contains("unreachable", StringComparison.Ordinal))
            report.Problems.Add($"{name}: a silo that runs is told unreachable");
    }

    public ValueTask DisposeAsync()
    {
        foreach (var client in _clients)
            client.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Tell(string name, Clusters.Traffic traffic, IReadOnlySet<string> moved, List<double> times, TimeSpan since, DateTimeOffset at)
    {
        var disturbed = Invariants.Disturbed(traffic, since, moved);
        if (disturbed.Count > 0)
            report.Problems.Add($"{name}: {disturbed.Count} instances that did not move were disturbed");
        var sends = traffic.Sends.Where(send => send.At >= at && send.Accepted).ToList();
        var answers = sends.Select(send => send.Took.TotalSeconds).DefaultIfEmpty().Order().ToList();
        report.Add(name, times.Count, times.Count > 0 ? times[times.Count / 2] : 0.0, times.Count > 0 ? times[^1] : 0.0, disturbed.Count, sends.Count, answers[answers.Count * 99 / 100], answers[^1],
            sends.Count(send => send.Refusals.Count > 0));
    }

    private async Task AddSiloAsync(bool isOld)
    {
        var (process, name) = await cluster.StartSiloAsync(programs: isOld ? oldFolder : null);
        _silos.Add((process, name, isOld));
        _isMigrated |= !isOld;
    }

    private async Task AddGatewayAsync(bool isOld)
    {
        var (process, http) = await cluster.StartGatewayAsync(isOld ? oldFolder : null);
        _clients.Add(http);
        _gateways.Add((process, http, isOld));
    }

    // New silos spread instances and write that down; an old one that is given some does not, and its claims tell.
    private async Task<HashSet<string>> RebalancedAsync(OwnershipAudit audit, DateTimeOffset since)
    {
        HashSet<string> moved = [];
        if (!_isMigrated)
            return moved;
        moved.UnionWith(await audit.RebalancedAsync(since));
        foreach (var silo in _silos.Where(silo => silo.IsOld))
            moved.UnionWith(await audit.ClaimedByAsync(silo.Name, since));
        return moved;
    }

    private static string Silos(string answer) => string.Join(", ", JsonElement.Parse(answer).GetProperty("silos").EnumerateArray()
        .Select(silo => $"{silo.GetProperty("status").GetString()} {silo.GetProperty("version").GetString() ?? "(says nothing of itself)"}"));

    private static string Build(bool isOld) => isOld ? "old" : "new";
}
