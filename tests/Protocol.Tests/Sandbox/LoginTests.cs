using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Sandbox;

public sealed class LoginTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;
    private VirtualPhone _phone = null!;
    private readonly ScriptedDevice _device = new();

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _phone = _network.AddPhone("5511900000001", "Ana");
        await _network.PairAsync(_phone, _device);
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    [Fact]
    public async Task Success_names_the_lid_and_the_empty_backlog_is_announced_and_ended()
    {
        await using var client = await ScriptedClient.LoginAsync(_network, _device);
        Assert.Equal(_device.Lid.ToString(), (await client.ReceiveAsync("success"))["lid"]);
        Assert.Equal("0", (await client.ReceiveAsync(node => node.Child("offline_preview") is not null)).Child("offline_preview")!["count"]);
        Assert.Equal("0", (await client.ReceiveAsync(node => node.Child("offline") is not null)).Child("offline")!["count"]);
        Assert.NotNull((await client.ReceiveAsync(node => node.Child("edge_routing") is not null)).Child("edge_routing")!.Child("routing_info")!.Bytes);
    }

    [Fact]
    public async Task A_passive_device_gets_its_backlog_with_active()
    {
        await using var client = await ScriptedClient.LoginAsync(_network, _device, passive: true);
        await client.ReceiveAsync("success");
        await client.UploadKeysAsync();
        Assert.DoesNotContain(client.Pending(), node => node.Child("offline_preview") is not null || node.Tag == "message");

        await client.AskAsync("set", "passive", new Node("active"));
        Assert.True(int.Parse((await client.ReceiveAsync(node => node.Child("offline_preview") is not null)).Child("offline_preview")!["count"]!, System.Globalization.CultureInfo.InvariantCulture) <= 2);
        await client.ReceiveAsync(node => node.Child("offline") is not null);
        Assert.Equal("peer", (await client.ReceiveAsync("message"))["category"]);
    }

    [Fact]
    public async Task Another_noise_key_is_refused_with_401()
    {
        await using var client = await ScriptedClient.LoginAsync(_network, _device.WithNoise(KeyPair.Generate()));
        Assert.Equal("401", (await client.ReceiveAsync("failure"))["reason"]);
        await client.Closed;
        Assert.Equal(1, _network.Stats.LoginsRefused);
    }

    [Fact]
    public async Task The_newer_connection_of_a_device_replaces_the_older_without_a_code()
    {
        await using var first = await ScriptedClient.LoginAsync(_network, _device);
        await first.ReceiveAsync("success");
        await using var second = await ScriptedClient.LoginAsync(_network, _device);
        await second.ReceiveAsync("success");

        var error = await first.ReceiveAsync("stream:error");
        Assert.Equal("replaced", error.Child("conflict")!["type"]);
        Assert.Null(error["code"]);
        await first.Closed;
        Assert.Equal("result", (await second.AskAsync("get", "w:p"))["type"]);
        Assert.Equal((1L, 2), (_network.Stats.Replaced, _network.Stats.MaxSocketsPerDevice));
    }

    [Fact]
    public async Task A_device_unlinked_by_the_phone_is_told_and_cannot_come_back()
    {
        await using var client = await ScriptedClient.LoginAsync(_network, _device);
        await client.ReceiveAsync("success");
        _phone.Unlink(_device.Jid);

        var error = await client.ReceiveAsync("stream:error");
        Assert.Equal(("401", "device_removed"), (error["code"], error.Child("conflict")!["type"]));
        await client.Closed;
        await using var again = await ScriptedClient.LoginAsync(_network, _device);
        Assert.Equal("401", (await again.ReceiveAsync("failure"))["reason"]);
    }

    [Fact]
    public async Task A_device_can_unlink_itself_and_nobody_else()
    {
        await using var client = await _network.LinkAsync(_phone);
        var foreign = await client.AskAsync("set", "md", new Node("remove-companion-device", ("jid", _device.Jid.ToString()), ("reason", "user_initiated")));
        Assert.Equal("403", foreign.Child("error")!["code"]);

        var own = await client.AskAsync("set", "md", new Node("remove-companion-device", ("jid", client.Device.Jid.ToString()), ("reason", "user_initiated")));
        Assert.Equal("result", own["type"]);
        Assert.Equal("401", (await client.ReceiveAsync("stream:error"))["code"]);
        Assert.Equal([_device.Jid], _phone.Companions);
    }

    [Fact]
    public async Task IK_resumes_in_one_round_trip_and_an_unknown_server_key_falls_back()
    {
        byte[] serverStatic;
        await using (var first = await ScriptedClient.LoginAsync(_network, _device))
            serverStatic = first.ServerStatic!;

        await using var resumed = await ScriptedClient.LoginAsync(_network, _device, serverStatic: serverStatic);
        await resumed.ReceiveAsync("success");
        Assert.False(resumed.FellBack);
        await using var fallen = await ScriptedClient.LoginAsync(_network, _device, serverStatic: KeyPair.Generate().PublicKey);
        await fallen.ReceiveAsync("success");
        Assert.True(fallen.FellBack);
    }

    [Fact]
    public async Task Routing_info_before_the_prologue_is_accepted()
    {
        await using var client = await ScriptedClient.LoginAsync(_network, _device, routingInfo: [8, 1, 16, 1]);
        await client.ReceiveAsync("success");
    }

    [Fact]
    public async Task Dictionary_2_is_spoken_both_ways()
    {
        var device = new ScriptedDevice { Dictionary = 2 };
        await using var client = await _network.LinkAsync(_phone, device);
        Assert.Equal("result", (await client.AskAsync("get", "w:p"))["type"]);
    }

    [Fact]
    public async Task Every_question_is_answered_an_unknown_one_with_an_empty_result()
    {
        await using var client = await ScriptedClient.LoginAsync(_network, _device);
        Assert.Empty((await client.AskAsync("get", "no:such:thing", new Node("x"))).Children);
        Assert.NotNull((await client.AskAsync("get", "abt", new Node("props", ("protocol", "1")))).Child("props"));
        Assert.NotNull((await client.AskAsync("get", "w", new Node("props", ("protocol", "2"), ("hash", "")))).Child("props"));
        Assert.NotNull((await client.AskAsync("get", "privacy", new Node("privacy"))).Child("privacy"));
        Assert.NotNull((await client.AskAsync("get", "blocklist")).Child("list"));
        Assert.NotNull((await client.AskAsync("set", "w:m", new Node("media_conn"))).Child("media_conn")!.Child("host")!["hostname"]);
        Assert.NotNull((await client.AskAsync("get", "w:p"))["t"]);
    }

    [Fact]
    public async Task The_server_pings_a_silent_client_and_keeps_one_that_does_not_answer()
    {
        await using var network = await SandboxNetwork.StartAsync(new SandboxOptions { PingInterval = TimeSpan.FromMilliseconds(200) });
        await using var client = await network.LinkAsync(network.AddPhone("5511900000009"));
        var ping = await client.ReceiveAsync(node => node["xmlns"] == "urn:xmpp:ping");
        Assert.Equal("get", ping["type"]);
        Assert.Equal("result", (await client.AskAsync("get", "w:p"))["type"]);
    }
}
