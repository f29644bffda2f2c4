using System.Net;
using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Sandbox;

public sealed class FaultTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;
    private VirtualPhone _ana = null!, _bia = null!;
    private readonly ScriptedDevice _device = new();

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _ana = _network.AddPhone("5511900000001", "Ana");
        _bia = _network.AddPhone("5511900000002", "Bia");
        await _network.PairAsync(_ana, _device);
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Fact]
    public async Task Drop_cuts_an_open_connection_at_once()
    {
        await using var client = await LoginAsync();
        _network.Faults.Add(new Fault { Kind = FaultKind.Drop, PhoneNumber = _ana.PhoneNumber });
        await client.Closed.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.DoesNotContain(client.Pending(), node => node.Tag == "stream:error");
    }

    [Theory]
    [InlineData(ConnectionPhase.Handshake)]
    [InlineData(ConnectionPhase.Login)]
    public async Task Drop_cuts_before_success_as_often_as_counted(ConnectionPhase phase)
    {
        _network.Faults.Add(new Fault { Kind = FaultKind.Drop, Phase = phase, Count = 2 });
        for (var i = 0; i < 2; i++)
            await Assert.ThrowsAnyAsync<Exception>(LoginAsync);
        await using var client = await LoginAsync();
    }

    [Fact]
    public async Task Drop_cuts_a_connection_that_waits_for_a_scan()
    {
        _network.Faults.Add(new Fault { Kind = FaultKind.Drop, Phase = ConnectionPhase.Pairing });
        await using var client = await ScriptedClient.RegisterAsync(_network, new ScriptedDevice());
        await client.Closed.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task StreamError_says_its_code_and_closes()
    {
        await using var client = await LoginAsync();
        _network.Faults.Add(new Fault { Kind = FaultKind.StreamError, Code = "503", DeviceJid = _device.Jid.ToString() });
        Assert.Equal("503", (await client.ReceiveAsync("stream:error"))["code"]);
        await client.Closed;
    }

    [Fact]
    public async Task Failure_is_answered_instead_of_success()
    {
        _network.Faults.Add(new Fault { Kind = FaultKind.Failure, Reason = "402", Code = "101", Expire = 3600, PhoneNumber = _ana.PhoneNumber });
        await using var client = await ScriptedClient.LoginAsync(_network, _device);
        var failure = await client.ReceiveAsync("failure");
        Assert.Equal(("402", "101", "3600"), (failure["reason"], failure["code"], failure["expire"]));
        await client.Closed;
        await using var again = await LoginAsync();
    }

    [Fact]
    public async Task HoldAcks_delays_the_acks_and_still_relays()
    {
        await using var client = await LoginAsync();
        _network.Faults.Add(new Fault { Kind = FaultKind.HoldAcks, Ms = 300, PhoneNumber = _ana.PhoneNumber });
        var start = TimeProvider.System.GetTimestamp();
        await client.SendTextAsync(_bia.Jid, "slow ack");
        Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(250));
        await _bia.WaitForMessageAsync(one => one.Text == "slow ack", Limit);
    }

    [Fact]
    public async Task Duplicate_delivers_a_message_twice()
    {
        await using var client = await LoginAsync();
        _network.Faults.Add(new Fault { Kind = FaultKind.Duplicate, DeviceJid = _device.Jid.ToString() });
        var id = _bia.SendText(_ana.PhoneNumber, "twice");
        await client.ReceiveAsync(node => node.Tag == "message" && node["id"] == id);
        await client.ReceiveAsync(node => node.Tag == "message" && node["id"] == id);
    }

    [Fact]
    public async Task Corrupt_changes_the_ciphertext_of_one_device_or_the_whole_frame()
    {
        await using var client = await LoginAsync();
        _network.Faults.Add(new Fault { Kind = FaultKind.Corrupt, DeviceJid = _device.Jid.ToString() });
        var id = _bia.SendText(_ana.PhoneNumber, "broken");
        var broken = await client.ReceiveAsync(node => node.Tag == "message" && node["id"] == id);
        Assert.ThrowsAny<Exception>(() => client.Open(broken));

        _network.Faults.Add(new Fault { Kind = FaultKind.Corrupt, Part = "frame", DeviceJid = _device.Jid.ToString() });
        _bia.SendText(_ana.PhoneNumber, "never read");
        await client.Closed;
    }

    [Fact]
    public async Task Delay_makes_a_stanza_late()
    {
        await using var client = await LoginAsync();
        _network.Faults.Add(new Fault { Kind = FaultKind.Delay, Ms = 300, PhoneNumber = _ana.PhoneNumber });
        var start = TimeProvider.System.GetTimestamp();
        await client.AskAsync("get", "w:p");
        Assert.True(TimeProvider.System.GetElapsedTime(start) >= TimeSpan.FromMilliseconds(250));
    }

    [Fact]
    public async Task Nack_refuses_a_message_and_does_not_relay_it()
    {
        await using var client = await LoginAsync();
        _network.Faults.Add(new Fault { Kind = FaultKind.Nack, Code = "463", PhoneNumber = _ana.PhoneNumber });
        Assert.Equal("463", (await client.SendTextAsync(_bia.Jid, "no"))["error"]);
        Assert.Null((await client.SendTextAsync(_bia.Jid, "yes"))["error"]);
        await _bia.WaitForMessageAsync(one => one.Text == "yes", Limit);
        Assert.DoesNotContain(_bia.Messages, one => one.Text == "no");
    }

    [Fact]
    public void A_fault_without_what_it_needs_is_refused()
    {
        Assert.Throws<ArgumentException>(() => _network.Faults.Add(new Fault { Kind = FaultKind.Nack }));
        Assert.Throws<ArgumentException>(() => _network.Faults.Add(new Fault { Kind = FaultKind.Delay }));
        Assert.Throws<ArgumentException>(() => _network.Faults.Add(new Fault { Kind = FaultKind.Drop, Count = 0 }));
    }

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(15)).Token;

    private async Task<ScriptedClient> LoginAsync()
    {
        var client = await ScriptedClient.LoginAsync(_network, _device);
        await client.ReceiveAsync("success");
        return client;
    }
}
