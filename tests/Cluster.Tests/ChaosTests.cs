using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using WhatsApp.Clusters;
using WhatsApp.Servers;

namespace WhatsApp.Cluster.Tests;

/// <summary>
/// Three silos and two gateways under traffic, and faults one after the other. After all of them: nothing lost, doubled, out of order or written by
/// another than the owner, no refusal but 503, one socket per account, nobody scans again.
/// </summary>
/// <remarks>
/// Built and run with <c>CHAOS=long</c> only: every fault in a cluster of its own and at full length (<c>CLUSTER_LOGS=FOLDER</c> keeps what the processes print; <c>CHAOS_RUNS="flush,kill freeze"</c> runs these instead).
/// <see cref="FailoverTests"/>, <see cref="RecoveryTests"/> and <see cref="RebalanceTests"/> are the short form.
/// </remarks>
[Trait("Category", "chaos")]
public sealed class ChaosTests(ITestOutputHelper output)
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();

    public static TheoryData<string> Runs => Environment.GetEnvironmentVariable("CHAOS_RUNS") is { Length: > 0 } chosen ? [.. chosen.Split(',')]
        : ["kill", "freeze", "stop", "cut", "flush", "redis-down", "postgres-restart", "everything", "total-crash", "kill freeze stop flush redis-down postgres-restart"];

    [Theory]
    [MemberData(nameof(Runs))]
    public async Task Sessions_come_back_by_themselves_and_nothing_is_lost_doubled_or_fought_over(string faults)
    {
        var names = faults.Split(' ');
        await using var chaos = await ChaosCluster.StartAsync(isProxied: names.Contains("cut"));
        Say("all open, traffic flows");
        foreach (var fault in names)
        {
            var at = chaos.Cluster.Network.Connections.Now;
            await HappenAsync(chaos, fault);
            await chaos.AllOpenAsync();
            Say($"{fault}: all open");
            await chaos.FlowsAsync();
            Say($"{fault}: flows; {Invariants.Disturbed(chaos.Traffic, at, new HashSet<string>()).Count} instances logged in again");
        }
        var problems = await chaos.ProblemsAsync();
        var asked = chaos.Traffic.Sends.Where(send => send.Refusals.Count > 0).ToList();
        Say($"{chaos.Traffic.Sends.Count} sends, {asked.Count} asked again, slowest {chaos.Traffic.Sends.Max(send => send.Took.TotalSeconds):0.0} s; {chaos.Traffic.Written.Values.Sum()} texts in");
        Assert.True(problems.Count == 0, string.Join('\n', problems));
    }

    private async Task HappenAsync(ChaosCluster chaos, string fault)
    {
        Say(fault);
        switch (fault)
        {
            case "kill":
                await chaos.KillAsync(await chaos.VictimAsync());
                await chaos.AllOpenAsync();
                Say("kill: open on the others");
                await chaos.AddSiloAsync();
                break;
            case "freeze":
                await FreezeAsync(chaos);
                break;
            case "stop":
                await StopAsync(chaos);
                break;
            case "cut":
                await CutAsync(chaos);
                break;
            case "flush":
                await chaos.Cluster.Redis.FlushAsync();
                await chaos.AddSiloAsync();
                break;
            case "redis-down":
                await RedisDownAsync(chaos);
                break;
            case "postgres-restart":
                await PostgresRestartAsync(chaos);
                break;
            case "everything":
                await EverythingAsync(chaos);
                break;
            case "total-crash":
                await TotalCrashAsync(chaos);
                break;
            default:
                throw new ArgumentException($"there is no fault {fault}", nameof(fault));
        }
    }

    // Frozen until the others have all its instances; then it finds out.
    private async Task FreezeAsync(ChaosCluster chaos)
    {
        var victim = await chaos.VictimAsync();
        chaos.Forget(victim);
        await victim.Process.SignalAsync("STOP");
        var frozen = Stopwatch.StartNew();
        await chaos.AllOpenAsync();
        Say("freeze: open on the others");
        if (TimeSpan.FromSeconds(15) - frozen.Elapsed is { } rest && rest > TimeSpan.Zero)
            await Task.Delay(rest);
        await victim.Process.SignalAsync("CONT");
        Assert.NotNull(await victim.Process.EndedWithinAsync(TimeSpan.FromSeconds(90)));
        Say("freeze: it has woken up and ended itself");
        await chaos.AddSiloAsync();
    }

    private async Task StopAsync(ChaosCluster chaos)
    {
        await chaos.AddSiloAsync();
        var victim = await chaos.VictimAsync();
        chaos.Forget(victim);
        Assert.Equal(0, await victim.Process.TerminateAsync());
        Say("stop: it has ended");
    }

    // The worst cut: its socket to WhatsApp and its peers are there, and it can note nothing.
    private async Task CutAsync(ChaosCluster chaos)
    {
        var victim = await chaos.VictimAsync();
        foreach (var link in new[] { Link.BlackHole, Link.Cut })
        {
            victim.Redis!.Set(link);
            victim.Postgres!.Set(link);
            await Task.Delay(TimeSpan.FromSeconds(30));
            await TellAsync(chaos, $"{link} for 30 s");
            victim.Redis.Set(Link.Whole);
            victim.Postgres.Set(Link.Whole);
            if (victim.Process.HasEnded)
            {
                chaos.Forget(victim);
                await chaos.AddSiloAsync();
                Say("cut: it has ended itself");
            }
            await chaos.AllOpenAsync();
            await chaos.FlowsAsync();
            Say($"cut: whole again after {link}");
            victim = await chaos.VictimAsync();
        }
    }

    // Redis knows who is in the cluster, nothing else: no session notices.
    private async Task RedisDownAsync(ChaosCluster chaos)
    {
        var at = chaos.Cluster.Network.Connections.Now;
        await chaos.Cluster.Redis.StopAsync();
        await Task.Delay(TimeSpan.FromSeconds(30));
        await chaos.FlowsAsync();
        Assert.Empty(Invariants.Disturbed(chaos.Traffic, at, new HashSet<string>()));
        Say("redis-down: 30 s, nobody noticed");
        await chaos.Cluster.Redis.RestartAsync();
        await chaos.AddSiloAsync();
    }

    // While it is away nothing is accepted, and that is said: 503, not 500, and no hanging.
    private async Task PostgresRestartAsync(ChaosCluster chaos)
    {
        await chaos.Cluster.Postgres.CrashAsync();
        var away = Stopwatch.StartNew();
        await Task.WhenAll(chaos.Gateways.Zip(chaos.Traffic.Instances, (http, instance) => RefusedAsync(chaos, http, instance.Id)));
        if (TimeSpan.FromSeconds(5) - away.Elapsed is { } rest && rest > TimeSpan.Zero)
            await Task.Delay(rest);
        await chaos.Cluster.Postgres.RestartAsync();
        Say($"postgres-restart: back after {away.Elapsed.TotalSeconds:0.0} s");
    }

    private async Task RefusedAsync(ChaosCluster chaos, HttpClient http, string id)
    {
        var asked = Stopwatch.StartNew();
        using var sent = await http.PostAsJsonAsync($"/instances/{id}/sendMessage", new { to = chaos.Traffic.Customer.PhoneNumber, message = "not to be noted" });
        var problem = await sent.Content.ReadAsStringAsync();
        Say($"postgres-restart: a send is answered {(int)sent.StatusCode} after {asked.Elapsed.TotalSeconds:0.0} s");
        Assert.True(sent.StatusCode == HttpStatusCode.ServiceUnavailable, $"{(int)sent.StatusCode}: {problem}");
        Assert.NotNull(sent.Headers.RetryAfter);
    }

    private static async Task EverythingAsync(ChaosCluster chaos)
    {
        await Task.WhenAll(chaos.KillAsync(await chaos.VictimAsync()), chaos.KillGatewayAsync(), chaos.Cluster.Redis.StopAsync(), chaos.Cluster.Postgres.CrashAsync());
        await Task.Delay(TimeSpan.FromSeconds(5));
        await Task.WhenAll(chaos.Cluster.Redis.RestartAsync(), chaos.Cluster.Postgres.RestartAsync());
        await chaos.AddSiloAsync();
        await chaos.AddGatewayAsync();
    }

    private static async Task TotalCrashAsync(ChaosCluster chaos)
    {
        await Task.WhenAll(chaos.Living.ToList().Select(chaos.KillAsync));
        await chaos.Cluster.Redis.FlushAsync();
        for (var silo = 0; silo < 3; silo++)
            await chaos.AddSiloAsync();
    }

    private async Task TellAsync(ChaosCluster chaos, string when)
    {
        List<string> nodes = [];
        foreach (var (id, _) in chaos.Traffic.Instances)
        {
            using var status = await chaos.Gateways[0].GetAsync(new Uri($"/instances/{id}/status", UriKind.Relative));
            nodes.Add($"{id}={(int)status.StatusCode}");
        }
        Say($"{when}: {string.Join(' ', nodes)}");
    }

    private void Say(string what) => output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{_clock.Elapsed.TotalSeconds,6:0.0} {what}"));
}
