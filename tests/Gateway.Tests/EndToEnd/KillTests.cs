using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>kill -9 and cut sockets: nothing is lost, nothing is doubled, no new QR.</summary>
public sealed class KillTests
{
    private static readonly string[] ThreeTexts = ["while you were away 1", "while you were away 2", "while you were away 3"];

    [Fact]
    public async Task Texts_sent_while_the_gateway_is_killed_reach_the_webhook_exactly_once_and_no_scan_is_needed()
    {
        await using var product = await Product.StartAsync();
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);
        ana.SendText(shop.PhoneNumber, "before");
        await product.Inbox.WaitAsync(inbox => inbox.Texts.Contains("before"), "the text before the kill");

        await product.Gateway.KillAsync();
        foreach (var text in ThreeTexts)
            ana.SendText(shop.PhoneNumber, text);
        await product.Gateway.StartAsync();

        await product.Gateway.WaitForStatusAsync("shop", "open");
        await product.Inbox.WaitAsync(inbox => inbox.Texts.Count >= 4, "all texts");
        ana.SendText(shop.PhoneNumber, "last");
        await product.Inbox.WaitAsync(inbox => inbox.Texts.Contains("last"), "the last text");
        Assert.Equal(["before", .. ThreeTexts, "last"], product.Inbox.Texts);
        Assert.Equal(1, product.Network.Stats.Pairings);
        Assert.Equal(0, product.Network.Stats.Violations);
    }

    [Fact]
    public async Task Texts_sent_while_the_socket_is_cut_reach_the_webhook_exactly_once()
    {
        await using var product = await Product.StartAsync();
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);

        product.Network.Faults.Add(new Fault { Kind = FaultKind.Drop, PhoneNumber = shop.PhoneNumber });
        foreach (var text in ThreeTexts)
            ana.SendText(shop.PhoneNumber, text);

        await product.Inbox.WaitAsync(inbox => inbox.Texts.Count >= 3, "all texts");
        await product.Gateway.WaitForStatusAsync("shop", "open");
        Assert.Equal(ThreeTexts, product.Inbox.Texts);
        Assert.Equal(1, product.Network.Stats.MaxSocketsPerDevice);
    }

    [Fact]
    public async Task A_text_killed_between_commit_and_ack_is_sent_again_under_the_same_id_and_arrives_once()
    {
        await using var product = await Product.StartAsync();
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);
        await product.Gateway.PostAsync("/instances/shop/sendMessage", new { to = ana.PhoneNumber, message = "warm up" }, 200);

        product.Network.Faults.Add(new Fault { Kind = FaultKind.HoldAcks, PhoneNumber = shop.PhoneNumber });
        var sending = product.Gateway.Http.PostAsync("/instances/shop/sendMessage",
            new StringContent($$"""{"to":"{{ana.PhoneNumber}}","message":"only once","messageId":"3EB0AAAABBBBCCCCDDDD"}""", System.Text.Encoding.UTF8, "application/json"));
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20)))
            await ana.WaitForMessageAsync(message => message.Text == "only once", patience.Token);
        await product.Gateway.KillAsync();
        await Assert.ThrowsAnyAsync<HttpRequestException>(() => sending);
        await product.Gateway.StartAsync();

        await product.Inbox.WaitAsync(inbox => inbox.Of("message.sent").Any(e => e.GetProperty("data").GetProperty("messageId").GetString() == "3EB0AAAABBBBCCCCDDDD"), "message.sent of the text");
        Assert.Single(ana.Messages, message => message.Text == "only once");
        Assert.Single(product.Inbox.Of("message.sent"), e => e.GetProperty("data").GetProperty("messageId").GetString() == "3EB0AAAABBBBCCCCDDDD");
    }

    [Fact]
    public async Task Events_waiting_for_a_webhook_that_is_down_survive_a_kill_in_order()
    {
        await using var product = await Product.StartAsync();
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);
        await product.Inbox.WaitAsync(inbox => inbox.Of("connection.open").Count > 0, "connection.open");

        product.Inbox.Misbehaviour = context => Task.FromResult(context.Response.StatusCode = 500);
        foreach (var text in ThreeTexts)
            ana.SendText(shop.PhoneNumber, text);
        using (var patience = new CancellationTokenSource(TimeSpan.FromSeconds(20)))
            await ana.WaitForReceiptAsync(receipt => receipt.Type is null or "delivery", patience.Token);
        await product.Gateway.KillAsync();
        product.Inbox.Misbehaviour = null;
        await product.Gateway.StartAsync();

        await product.Inbox.WaitAsync(inbox => inbox.Texts.Count >= 3, "all texts", 60);
        Assert.Equal(ThreeTexts, product.Inbox.Texts);
        var sequences = product.Inbox.Events.Select(e => e.GetProperty("sequence").GetInt64()).ToList();
        Assert.Equal(sequences.Order(), sequences);
        Assert.Equal(sequences.Count, sequences.Distinct().Count());
    }
}
