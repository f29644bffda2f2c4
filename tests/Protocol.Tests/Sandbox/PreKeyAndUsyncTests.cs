using System.Security.Cryptography;
using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Sandbox;

public sealed class PreKeyAndUsyncTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;
    private VirtualPhone _ana = null!, _bia = null!;
    private ScriptedClient _client = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _ana = _network.AddPhone("5511900000001", "Ana");
        _bia = _network.AddPhone("5511912345678", "Bia");
        _client = await _network.LinkAsync(_ana);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.DisposeAsync();
        await _network.DisposeAsync();
    }

    [Fact]
    public async Task Count_and_digest_match_what_was_uploaded()
    {
        // The phone takes one key to share its own: wait until it has.
        await _client.ReceiveAsync("message");
        var count = int.Parse((await _client.AskAsync("get", "encrypt", new Node("count"))).Child("count")!["value"]!, System.Globalization.CultureInfo.InvariantCulture);
        var digest = (await _client.AskAsync("get", "encrypt", new Node("digest"))).Child("digest")!;

        var ids = digest.Child("list")!.Children.Select(id => id.Bytes!.Value.ToArray().Aggregate(0u, (value, b) => (value << 8) | b)).ToArray();
        Assert.Equal(9, count);
        Assert.Equal(count, ids.Length);
        var device = _client.Device;
        byte[] hashed = [.. device.Identity.IdentityKey.PublicKey, .. device.Signed.Keys.PublicKey, .. device.Signed.Signature, .. ids.SelectMany(id => device.OneTime[id].Keys.PublicKey)];
        Assert.Equal(SHA1.HashData(hashed), digest.Child("hash")!.Bytes!.Value.ToArray());
    }

    [Fact]
    public async Task A_one_time_key_is_given_out_once_and_a_bundle_without_one_still_works()
    {
        await _client.ReceiveAsync("message");
        var seen = new HashSet<string>();
        Node bundle;
        while ((bundle = await _client.BundleAsync(_client.Device.Jid)).Child("key") is { } key)
            Assert.True(seen.Add(Convert.ToHexString(key.Child("id")!.Bytes!.Value.Span)));
        Assert.NotNull(bundle.Child("skey"));
        Assert.NotNull(bundle.Child("device-identity"));
        Assert.Equal(9, seen.Count);
        var low = await _client.ReceiveAsync(node => node.Tag == "notification" && node["type"] == "encrypt");
        Assert.Equal("4", low.Child("count")!["value"]);
    }

    [Fact]
    public async Task Strangers_are_404_and_a_device_that_does_not_exist_is_406_for_the_whole_query()
    {
        Assert.Equal("404", (await _client.BundleAsync(Jid.Parse("5511999999999@s.whatsapp.net"))).Child("error")!["code"]);
        Assert.Equal("406", (await _client.BundleAsync(_bia.Jid.WithDevice(7))).Child("error")!["code"]);
    }

    [Fact]
    public async Task Keys_not_signed_by_the_identity_are_refused()
    {
        var answer = await _client.AskAsync("set", "encrypt", new Node("rotate", [], [new Node("skey", [],
            [ScriptedSteps.Leaf("id", [0, 0, 2]), ScriptedSteps.Leaf("value", new byte[32]), ScriptedSteps.Leaf("signature", new byte[64])])]));
        Assert.Equal("406", answer.Child("error")!["code"]);
    }

    [Fact]
    public async Task Key_fetch_and_identity_answer_in_their_own_forms()
    {
        var fetched = await _client.AskAsync("get", "encrypt", new Node("key_fetch", [], [new Node("user", [("jid", _bia.Lid.ToString())], [new Node("device", ("id", "0"))])]));
        var identity = await _client.AskAsync("get", "encrypt", new Node("identity", [], [new Node("user", ("jid", _bia.Jid.ToString()))]));
        Assert.Equal(identity.Child("list")!.Child("user")!.Child("identity")!.Bytes!.Value.ToArray(),
            fetched.Child("list")!.Child("user")!.Child("device")!.Child("identity")!.Bytes!.Value.ToArray());
    }

    [Theory]
    [InlineData("+5511912345678", "in")]
    [InlineData("5511912345678@c.us", "in")]
    [InlineData("+551112345678", "in")]
    [InlineData("+5511999999999", "out")]
    [InlineData("hello", "invalid")]
    public async Task A_number_is_looked_up_in_every_form_people_write(string number, string type)
    {
        var user = await LookUpAsync(new Node("user", [], [new Node("contact", [], number)]), new Node("contact"), new Node("lid"));
        Assert.Equal((type, number), (user.Child("contact")!["type"], user.Child("contact")!.Text));
        if (type == "in")
            Assert.Equal((_bia.Jid.ToString(), _bia.Lid.ToString()), (user["jid"], user.Child("lid")!["val"]));
        if (type == "invalid")
            Assert.Equal("undefined", user["jid"]);
    }

    [Fact]
    public async Task Asked_for_lid_addressing_the_answer_has_both_addresses()
    {
        var user = await LookUpAsync(new Node("user", [], [new Node("contact", [], "+5511912345678")]), new Node("contact", ("addressing_mode", "lid")));
        Assert.Equal((_bia.Lid.ToString(), _bia.Jid.ToString()), (user["jid"], user["pn_jid"]));
    }

    [Fact]
    public async Task Devices_are_listed_in_the_form_asked_and_a_stranger_has_an_error()
    {
        Assert.Equal([_ana.Lid, _client.Device.Lid], await _client.DevicesAsync(_ana.Lid));
        var stranger = await LookUpAsync(new Node("user", ("jid", "5511999999999@s.whatsapp.net")), new Node("devices", ("version", "2")));
        Assert.Equal("404", stranger.Child("devices")!.Child("error")!["code"]);
    }

    [Fact]
    public async Task App_state_patches_are_numbered_and_a_stale_base_is_a_conflict()
    {
        async Task<Node> Sync(string version, byte[]? patch = null) => (await _client.AskAsync("set", "w:sync:app:state", new Node("sync", [],
            [new Node("collection", [("name", "regular"), ("version", version), ("return_snapshot", "false")], patch is null ? [] : [ScriptedSteps.Leaf("patch", patch)])])))
            .Child("sync")!.Child("collection")!;

        Assert.Equal("0", (await Sync("0"))["version"]);
        Assert.Equal("1", (await Sync("0", [1]))["version"]);
        Assert.Equal("409", (await Sync("0", [2])).Child("error")!["code"]);
        Assert.Equal([1], (await Sync("0")).Child("patches")!.Child("patch")!.Bytes!.Value.ToArray());
    }

    private async Task<Node> LookUpAsync(Node user, params Node[] protocols)
    {
        var answer = await _client.AskAsync("get", "usync", new Node("usync", [("sid", "1"), ("mode", "query"), ("context", "interactive")],
            [new Node("query", [], protocols), new Node("list", [], [user])]));
        return answer.Child("usync")!.Child("list")!.Child("user")!;
    }
}
