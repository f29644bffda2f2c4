using WhatsApp.Sandbox;

namespace WhatsApp.Interop.Tests;

/// <summary>Two clients of other makes write to each other through the sandbox.</summary>
public sealed class MessagingTests(SandboxFixture sandbox) : IClassFixture<SandboxFixture>
{
    private SandboxNetwork Network => sandbox.Network;

    public static TheoryData<ThirdPartyLibrary, ThirdPartyLibrary> Pairs => new()
    {
        { ThirdPartyLibrary.Baileys, ThirdPartyLibrary.Zapo },
        { ThirdPartyLibrary.Zapo, ThirdPartyLibrary.Baileys },
    };

    [Theory, MemberData(nameof(Pairs))]
    public async Task Text_goes_both_ways_with_a_new_session_and_then_with_the_established_one(ThirdPartyLibrary left, ThirdPartyLibrary right)
    {
        await using var ana = await LinkedClient.LinkAsync(left, Network);
        await using var bia = await LinkedClient.LinkAsync(right, Network);

        var first = await ana.Program.SendTextAsync(bia.Address, "first contact, ação 😀");
        await bia.Program.WaitForTextAsync("first contact, ação 😀");
        var answer = await bia.Program.SendTextAsync(ana.Address, "an answer");
        await ana.Program.WaitForTextAsync("an answer");
        var second = await ana.Program.SendTextAsync(bia.Address, "second");
        await bia.Program.WaitForTextAsync("second");

        Assert.Equal("pkmsg", await bia.Program.CipherOfAsync(first));
        Assert.Equal("msg", await ana.Program.CipherOfAsync(answer));
        Assert.Equal("msg", await bia.Program.CipherOfAsync(second));
        // Both phones hold a copy of both directions.
        foreach (var phone in new[] { ana.Phone, bia.Phone })
            foreach (var text in new[] { "first contact, ação 😀", "an answer", "second" })
                Assert.Equal(text, (await phone.WaitForMessageAsync(one => one.Text == text, Limit())).Text);
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Sender_learns_of_delivery_and_of_reading(ThirdPartyLibrary left, ThirdPartyLibrary right)
    {
        await using var ana = await LinkedClient.LinkAsync(left, Network);
        await using var bia = await LinkedClient.LinkAsync(right, Network);

        var id = await ana.Program.SendTextAsync(bia.Address, "read me");
        var message = await bia.Program.WaitForTextAsync("read me");
        await ana.Program.WaitAsync("receipt", one => one["id"] == id && one["type"] is "delivery" or "inactive");
        await bia.Program.DoAsync("read", new() { ["chat"] = message["chat"], ["id"] = id });

        await ana.Program.WaitAsync("receipt", one => one["id"] == id && one["type"] == "read");
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Message_to_a_client_that_is_away_waits_for_it(ThirdPartyLibrary left, ThirdPartyLibrary right)
    {
        await using var ana = await LinkedClient.LinkAsync(left, Network);
        await using var bia = await LinkedClient.LinkAsync(right, Network);
        await bia.GoOfflineAsync();

        var id = await ana.Program.SendTextAsync(bia.Address, "while you were away");
        await bia.Phone.WaitForMessageAsync(one => one.MessageId == id, Limit());
        await bia.GoOnlineAsync();

        await bia.Program.WaitForTextAsync("while you were away");
        Assert.True((await bia.Program.WaitAsync("cipher", one => one["id"] == id)).Is("offline"));
        await ana.Program.WaitAsync("receipt", one => one["id"] == id);
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Corrupted_message_is_recovered_by_a_retry_receipt(ThirdPartyLibrary left, ThirdPartyLibrary right)
    {
        await using var ana = await LinkedClient.LinkAsync(left, Network);
        await using var bia = await LinkedClient.LinkAsync(right, Network);
        await ana.Program.SendTextAsync(bia.Address, "intact");
        await bia.Program.WaitForTextAsync("intact");
        await bia.Program.SendTextAsync(ana.Address, "intact too");
        await ana.Program.WaitForTextAsync("intact too");
        var retries = Network.Stats.RetryReceipts;

        await ana.Program.SendAsync("text", bia.Address, new() { ["id"] = Network.DamageNext(bia.Device), ["text"] = "damaged on the way" });

        await bia.Program.WaitForTextAsync("damaged on the way");
        Assert.True(Network.Stats.RetryReceipts > retries);
    }

    [Theory, MemberData(nameof(Pairs))]
    public async Task Clients_do_nothing_the_sandbox_calls_a_violation(ThirdPartyLibrary left, ThirdPartyLibrary right)
    {
        await using var network = await SandboxNetwork.StartAsync(SandboxFixture.SlowLine);
        await using var ana = await LinkedClient.LinkAsync(left, network);
        await using var bia = await LinkedClient.LinkAsync(right, network);

        await ana.Program.SendTextAsync(bia.Address, "well behaved");
        await bia.Program.WaitForTextAsync("well behaved");

        // A rule of the sandbox that real clients break would be an invention of ours.
        Assert.Empty(network.Stats.LastViolations);
        Assert.Equal(0, network.Stats.MalformedFrames);
    }

    private static CancellationToken Limit() => new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token;
}
