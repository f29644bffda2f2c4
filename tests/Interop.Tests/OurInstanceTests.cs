using WhatsApp.Sandbox;

namespace WhatsApp.Interop.Tests;

/// <summary>Our own instances and clients of other makes write to each other.</summary>
public sealed class OurInstanceTests(OurServiceFixture ours) : IClassFixture<OurServiceFixture>
{
    private SandboxNetwork Network => ours.Network;

    public static TheoryData<ThirdPartyLibrary> Libraries => [.. Enum.GetValues<ThirdPartyLibrary>()];

    [Theory, MemberData(nameof(Libraries))]
    public async Task Text_goes_both_ways_when_the_other_client_writes_first(ThirdPartyLibrary library)
    {
        await using var other = await LinkedClient.LinkAsync(library, Network);
        var our = await OurInstance.LinkAsync(ours.Service, Network);

        await other.Program.SendTextAsync(our.Address, "first contact, ação 😀");
        var received = await our.WaitForTextAsync("first contact, ação 😀");
        var answer = await our.SendTextAsync(other.Address, "an answer");
        await other.Program.WaitForTextAsync("an answer");
        await other.Program.SendTextAsync(our.Address, "second");
        await our.WaitForTextAsync("second");

        Assert.Equal(other.Phone.PhoneNumber, received.GetProperty("phoneNumber").GetString());
        Assert.Equal("msg", await other.Program.CipherOfAsync(answer));
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Text_goes_both_ways_when_we_write_first(ThirdPartyLibrary library)
    {
        await using var other = await LinkedClient.LinkAsync(library, Network);
        var our = await OurInstance.LinkAsync(ours.Service, Network);

        var first = await our.SendTextAsync(other.Address, "our first contact");
        await other.Program.WaitForTextAsync("our first contact");
        await other.Program.SendTextAsync(our.Address, "their answer");
        await our.WaitForTextAsync("their answer");
        var second = await our.SendTextAsync(other.Address, "our second");
        await other.Program.WaitForTextAsync("our second");

        Assert.Equal("pkmsg", await other.Program.CipherOfAsync(first));
        Assert.Equal("msg", await other.Program.CipherOfAsync(second));
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Receipts_are_seen_on_both_sides(ThirdPartyLibrary library)
    {
        await using var other = await LinkedClient.LinkAsync(library, Network);
        var our = await OurInstance.LinkAsync(ours.Service, Network);

        var outgoing = await our.SendTextAsync(other.Address, "read this");
        var message = await other.Program.WaitForTextAsync("read this");
        await our.WaitForAckAsync(outgoing, "delivered");
        await other.Program.DoAsync("read", new() { ["chat"] = message["chat"], ["id"] = outgoing });
        await our.WaitForAckAsync(outgoing, "read");

        var incoming = await other.Program.SendTextAsync(our.Address, "and this");
        await our.WaitForTextAsync("and this");
        await other.Program.WaitAsync("receipt", one => one["id"] == incoming);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Message_to_a_client_that_is_away_waits_for_it(ThirdPartyLibrary library)
    {
        await using var other = await LinkedClient.LinkAsync(library, Network);
        var our = await OurInstance.LinkAsync(ours.Service, Network);
        await other.GoOfflineAsync();

        await our.SendTextAsync(other.Address, "while you were away");
        await other.GoOnlineAsync();

        await other.Program.WaitForTextAsync("while you were away");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Message_to_our_stopped_service_waits_for_it(ThirdPartyLibrary library)
    {
        await using var network = await SandboxNetwork.StartAsync(SandboxFixture.SlowLine);
        await using var service = await OurService.StartAsync(network);
        await using var other = await LinkedClient.LinkAsync(library, network);
        var our = await OurInstance.LinkAsync(service, network);
        await other.Program.SendTextAsync(our.Address, "before the stop");
        await our.WaitForTextAsync("before the stop");

        await service.StopAsync();
        await other.Program.SendTextAsync(our.Address, "while we were away");
        await service.StartAgainAsync();

        await our.WaitForTextAsync("while we were away");
        await our.UntilOpenAsync();
        await our.SendTextAsync(other.Address, "back again");
        await other.Program.WaitForTextAsync("back again");
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Message_corrupted_on_its_way_to_us_is_asked_for_again(ThirdPartyLibrary library)
    {
        await using var other = await LinkedClient.LinkAsync(library, Network);
        var our = await OurInstance.LinkAsync(ours.Service, Network);
        await other.Program.SendTextAsync(our.Address, "intact");
        await our.WaitForTextAsync("intact");
        await our.SendTextAsync(other.Address, "intact too");
        await other.Program.WaitForTextAsync("intact too");
        var retries = Network.Stats.RetryReceipts;

        await other.Program.SendAsync("text", our.Address, new() { ["id"] = Network.DamageNext(our.Device), ["text"] = "damaged on its way to us" });

        await our.WaitForTextAsync("damaged on its way to us");
        Assert.True(Network.Stats.RetryReceipts > retries);
    }

    [Theory, MemberData(nameof(Libraries))]
    public async Task Message_corrupted_on_its_way_from_us_is_sent_again(ThirdPartyLibrary library)
    {
        await using var other = await LinkedClient.LinkAsync(library, Network);
        var our = await OurInstance.LinkAsync(ours.Service, Network);
        await our.SendTextAsync(other.Address, "intact");
        await other.Program.WaitForTextAsync("intact");
        await other.Program.SendTextAsync(our.Address, "intact too");
        await our.WaitForTextAsync("intact too");
        var retries = Network.Stats.RetryReceipts;

        await our.SendAsync("sendMessage", other, new { messageId = Network.DamageNext(other.Device), message = "damaged on its way from us" });

        await other.Program.WaitForTextAsync("damaged on its way from us");
        Assert.True(Network.Stats.RetryReceipts > retries);
    }
}
