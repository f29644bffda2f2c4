using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox;

namespace WhatsApp.Interop.Tests;

/// <summary>Third-party clients link to the sandbox and stay linked, as they would to WhatsApp.</summary>
public sealed class LinkingTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private SandboxNetwork Network => sandbox.Network;

    public static TheoryData<ThirdPartyLibrary> Libraries => [.. Enum.GetValues<ThirdPartyLibrary>()];

    [Theory, MemberData(nameof(Libraries))]
    public async Task Client_links_by_qr_and_logs_in_again(ThirdPartyLibrary library)
    {
        var logins = Network.Stats.Logins;
        await using var client = await LinkedClient.LinkAsync(library, Network);

        var paired = await client.Program.WaitAsync("paired");
        var open = await client.Program.WaitAsync("open");
        Assert.Equal(client.Device, Jid.Parse(paired["jid"]!));
        Assert.Equal(client.Device, Jid.Parse(open["jid"]!));
        Assert.True(Network.Stats.Logins > logins);
        Assert.Contains(client.Device, client.Phone.Companions);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Client_links_by_pairing_code(ThirdPartyLibrary library)
    {
        var phone = Network.AddPhone(LinkedClient.NewNumber());
        await using var program = await ThirdPartyClient.StartAsync(library, Network);
        await program.WaitAsync("qr");

        var code = await program.DoAsync("pairCode", new() { ["phoneNumber"] = phone.PhoneNumber });
        var device = await phone.EnterPairCodeAsync(code["code"]!);

        await program.WaitAsync("open");
        Assert.Equal([device], phone.Companions);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Client_comes_back_with_the_same_credentials(ThirdPartyLibrary library)
    {
        await using var client = await LinkedClient.LinkAsync(library, Network);

        await client.GoOfflineAsync();
        await client.GoOnlineAsync();

        Assert.Equal("result", (await client.Program.DoAsync("ping"))["type"]);
        Assert.Equal([client.Device], client.Phone.Companions);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Client_is_logged_out_when_the_phone_unlinks_it(ThirdPartyLibrary library)
    {
        await using var client = await LinkedClient.LinkAsync(library, Network);
        var before = client.Program.Log.Count;

        client.Phone.Unlink(client.Device);

        var close = await client.Program.WaitAsync("close", after: before);
        Assert.True(close.Is("logout"), close.ToString());
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Client_can_log_itself_out(ThirdPartyLibrary library)
    {
        await using var client = await LinkedClient.LinkAsync(library, Network);

        await client.Program.DoAsync("logout");

        await client.Program.WaitAsync("close", one => one.Is("logout"));
        // Baileys does not wait for the server's answer.
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        while (client.Phone.Companions.Count > 0)
            await Task.Delay(10, limit.Token);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Second_login_replaces_the_first_without_a_logout(ThirdPartyLibrary library)
    {
        await using var client = await LinkedClient.LinkAsync(library, Network);
        var before = client.Program.Log.Count;

        Network.Faults.Add(new() { Kind = Sandbox.Faults.FaultKind.StreamError, Conflict = "replaced", DeviceJid = client.Device.ToString() });

        var close = await client.Program.WaitAsync("close", after: before);
        Assert.False(close.Is("logout"), close.ToString());
        Assert.Equal([client.Device], client.Phone.Companions);
    }
}
