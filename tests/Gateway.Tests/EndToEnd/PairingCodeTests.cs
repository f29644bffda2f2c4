using System.Net.Http.Json;
using System.Text.Json;
using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Linking by code over REST.</summary>
public sealed class PairingCodeTests
{
    [Fact]
    public async Task A_code_asked_for_over_REST_links_the_instance_and_is_shown_beside_the_QR()
    {
        await using var product = await Product.StartAsync();
        var phone = product.AddPhone("Shop");
        await product.Gateway.PostAsync("/instances", new { instanceId = "shop", webhook = product.Inbox.Url.ToString() }, 201);

        var answer = await product.Gateway.PostAsync("/instances/shop/pair", new { phoneNumber = "+" + phone.PhoneNumber[..2] + " (" + phone.PhoneNumber[2..4] + ") " + phone.PhoneNumber[4..] }, 200);
        var code = answer.GetProperty("pairingCode").GetString()!;
        var qr = await product.Gateway.GetAsync("/instances/shop/qr");
        await phone.EnterPairCodeAsync(code);
        await product.Gateway.WaitForStatusAsync("shop", "open");

        Assert.Matches("^[1-9A-Z]{4}-[1-9A-Z]{4}$", code);
        Assert.True(answer.GetProperty("expiresAt").GetDateTimeOffset() > TimeProvider.System.GetUtcNow());
        Assert.Equal(code, qr.GetProperty("pairingCode").GetString());
        await product.Inbox.WaitAsync(inbox => inbox.Of("qr.update").Any(e => e.GetProperty("data").GetProperty("pairingCode").GetString() == code), "qr.update with the code");
        await RefusedAsync(product, new { phoneNumber = phone.PhoneNumber }, 409, "already-connected");
    }

    [Fact]
    public async Task A_number_given_at_creation_brings_a_code_by_webhook_and_after_a_kill_a_new_one()
    {
        await using var product = await Product.StartAsync();
        var phone = product.AddPhone("Shop");
        await product.Gateway.PostAsync("/instances", new { instanceId = "shop", pairingNumber = "+" + phone.PhoneNumber, webhook = product.Inbox.Url.ToString() }, 201);
        await product.Inbox.WaitAsync(inbox => Codes(inbox).Count > 0, "a code");
        var first = Codes(product.Inbox)[0];

        await product.Gateway.KillAsync();
        await product.Gateway.StartAsync();
        await product.Inbox.WaitAsync(inbox => Codes(inbox).Any(code => code != first), "a new code");
        await phone.EnterPairCodeAsync(Codes(product.Inbox).Last());

        await product.Gateway.WaitForStatusAsync("shop", "open");
    }

    [Fact]
    public async Task Wrong_numbers_and_refusals_of_WhatsApp_are_told_apart()
    {
        await using var product = await Product.StartAsync();
        var phone = product.AddPhone("Shop");
        await product.Gateway.PostAsync("/instances", new { instanceId = "shop" }, 201);

        foreach (var body in new object[] { new { }, new { phoneNumber = "" }, new { phoneNumber = 5511 }, new { phoneNumber = "12ab5678" }, new { phoneNumber = "1234567" }, new { phoneNumber = "0551190000" } })
        {
            var problem = await RefusedAsync(product, body, 422, "validation-failed");
            Assert.Equal("/phoneNumber", Assert.Single(problem.GetProperty("errors").EnumerateArray().ToList()).GetProperty("pointer").GetString());
        }
        var unknown = await RefusedAsync(product, new { phoneNumber = "5511888888888" }, 502, "whatsapp-error");
        Assert.Equal(400, unknown.GetProperty("upstreamStatus").GetInt32());
        product.Network.Faults.Add(new Fault { Kind = FaultKind.RefuseCode, Code = "429", PhoneNumber = phone.PhoneNumber });
        await RefusedAsync(product, new { phoneNumber = phone.PhoneNumber }, 429, "rate-limited");
        using var missing = await product.Gateway.Http.PostAsJsonAsync("/instances/nobody/pair", new { phoneNumber = phone.PhoneNumber });
        Assert.Equal(404, (int)missing.StatusCode);
    }

    private static List<string> Codes(EventInbox inbox) =>
        [.. inbox.Of("qr.update").Select(e => e.GetProperty("data").GetProperty("pairingCode").GetString()).OfType<string>()];

    private static async Task<JsonElement> RefusedAsync(Product product, object body, int status, string code)
    {
        var problem = await product.Gateway.PostAsync("/instances/shop/pair", body, status);
        Assert.Equal(code, problem.GetProperty("code").GetString());
        return problem;
    }
}
