using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Linking an account that needs a passkey, over REST.</summary>
public sealed class PasskeyTests
{
    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    [Fact]
    public async Task An_account_that_needs_a_passkey_is_linked_with_one()
    {
        await using var product = await Product.StartAsync();
        var phone = product.AddPhone("Shop");
        phone.NeedsPasskey = true;
        await product.Gateway.PostAsync("/instances", new { instanceId = "shop", webhook = new { url = product.Inbox.Url, events = new[] { "*" } } }, 201);
        Assert.Equal("passkey-not-asked", await CodeAsync("/instances/shop/passkey", 422));
        var scan = phone.ScanAsync(await product.Gateway.Http.GetStringAsync("/instances/shop/qr?format=raw&wait=20"));
        await product.Gateway.WaitForStatusAsync("shop", "passkey_required");

        Assert.Equal("passkey-required", await CodeAsync("/instances/shop/qr", 409));
        var options = await product.Gateway.GetAsync("/instances/shop/passkey");
        Assert.Equal("web.whatsapp.com", Text(options, "rpId"));
        await product.Inbox.WaitAsync(inbox => inbox.Of("passkey.required").Count > 0, "passkey.required");
        Assert.Equal(Text(options, "challenge"), Text(product.Inbox.Of("passkey.required")[0].GetProperty("data"), "challenge"));

        await product.Gateway.PostAsync("/instances/shop/passkey", new { id = "AQID" }, 422);
        await product.Gateway.PostAsync("/instances/shop/passkey", Credential("bm90IGl0"), 502);
        await product.Gateway.PostAsync("/instances/shop/passkey", Credential(Text(options, "challenge")!), 200);
        await scan.WaitAsync(TimeSpan.FromSeconds(30));
        await product.Gateway.WaitForStatusAsync("shop", "open");
        Assert.Equal("passkey-not-asked", await CodeAsync("/instances/shop/passkey/confirm", 422));

        async Task<string?> CodeAsync(string path, int status)
        {
            using var response = await product.Gateway.Http.GetAsync(path);
            Assert.Equal(status, (int)response.StatusCode);
            return Text(JsonElement.Parse(await response.Content.ReadAsStringAsync()), "code");
        }
    }

    private static object Credential(string challenge)
    {
        var client = Base64Url.EncodeToString(Encoding.UTF8.GetBytes($$"""{"type":"webauthn.get","challenge":"{{challenge}}"}"""));
        return new { id = "AQID", rawId = "AQID", type = "public-key", response = new { clientDataJSON = client, authenticatorData = "AAAA", signature = "AAAA", userHandle = (string?)null } };
    }
}
