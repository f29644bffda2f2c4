using WhatsApp.Sandbox;

namespace WhatsApp.Interop.Tests;

/// <summary>Connections stay open over pings of both sides.</summary>
public sealed class KeepAliveTests
{
    // INTEROP_LONG=1: a minute at the intervals of the real network.
    private static readonly bool Long = Environment.GetEnvironmentVariable("INTEROP_LONG") is { Length: > 0 };

    [Fact]
    public async Task Clients_stay_open_over_pings()
    {
        await using var network = await SandboxNetwork.StartAsync(Long ? SandboxFixture.SlowLine : SandboxFixture.SlowLine with { PingInterval = TimeSpan.FromMilliseconds(300) });
        await using var baileys = await LinkedClient.LinkAsync(ThirdPartyLibrary.Baileys, network);
        await using var zapo = await LinkedClient.LinkAsync(ThirdPartyLibrary.Zapo, network);
        LinkedClient[] clients = [baileys, zapo];
        var closes = clients.Select(client => client.Program.Log.All("close").Length).ToArray();
        var (pings, accepted) = (network.Stats.Pings, network.Stats.ConnectionsAccepted);

        await Task.Delay(TimeSpan.FromSeconds(Long ? 65 : 2));

        foreach (var client in clients)
            Assert.Equal("result", (await client.Program.DoAsync("ping"))["type"]);
        Assert.True(network.Stats.Pings > pings);
        Assert.Equal(accepted, network.Stats.ConnectionsAccepted);
        Assert.Equal(closes, clients.Select(client => client.Program.Log.All("close").Length));
    }
}
