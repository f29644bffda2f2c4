using System.Net.Http.Json;
using System.Text.Json;
using WhatsApp.Sandbox.Proxies;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>An instance behind a proxy of its own.</summary>
public sealed class ProxyTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory, InlineData("http"), InlineData("socks5")]
    public async Task Socket_and_files_go_through_the_proxy_and_its_password_is_never_shown(string scheme)
    {
        await using var proxy = new LoopbackProxy("me", "s3cretpass");
        await using var product = await Product.StartAsync();
        var (phone, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        var created = await product.Gateway.PostAsync("/instances", new { instanceId = "shop", proxy = new { url = proxy.Url(scheme) } }, 201);
        await product.Gateway.ScanAsync("shop", phone);
        var sockets = proxy.Targets.Count;

        await product.Gateway.PostAsync("/instances/shop/sendMessage", new { to = ana.PhoneNumber, message = "through the proxy" }, 200);
        await ana.WaitForMessageAsync(message => message.Text == "through the proxy", default).WaitAsync(Patience);
        await product.Gateway.PostAsync("/instances/shop/sendFile", new { to = ana.PhoneNumber, base64 = "aGVsbG8gd29ybGQ=", fileName = "hello.txt" }, 200);

        Assert.True(sockets >= 2); // linking and login
        Assert.True(proxy.Targets.Count > sockets, string.Join(' ', proxy.Targets));
        var shown = await product.Gateway.GetAsync("/instances/shop");
        Assert.Equal($"{scheme}://me@127.0.0.1:{proxy.Port}", shown.GetProperty("proxy").GetProperty("url").GetString());
        Assert.DoesNotContain("s3cretpass", shown.GetRawText() + created.GetRawText() + string.Join('\n', product.Gateway.Output), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_proxy_is_taken_at_once_and_one_that_is_gone_is_named_as_the_reason()
    {
        await using var product = await Product.StartAsync();
        var phone = product.AddPhone("Shop");
        await product.Gateway.LinkAsync("shop", phone, product.Inbox.Url);
        await using var proxy = new LoopbackProxy();

        await PatchAsync(product, proxy.Url("socks5"));
        await product.Gateway.WaitForStatusAsync("shop", "open");
        Assert.NotEmpty(proxy.Targets);
        await PatchAsync(product, "http://127.0.0.1:9");
        await product.Inbox.WaitAsync(inbox => inbox.Of("connection.close").Any(e => e.GetProperty("data").GetProperty("reason").GetString() == "proxy_error"), "proxy_error");
        await PatchAsync(product, null);
        await product.Gateway.WaitForStatusAsync("shop", "open");
        Assert.Equal(JsonValueKind.Null, (await product.Gateway.GetAsync("/instances/shop")).GetProperty("proxy").ValueKind);
        Assert.Equal(1, product.Network.Stats.Pairings);
    }

    [Theory, InlineData("ftp://127.0.0.1:1"), InlineData("127.0.0.1:8080"), InlineData("http://127.0.0.1:1/path")]
    public async Task What_is_no_proxy_is_refused(string url)
    {
        await using var gateway = new TestGateway();
        await gateway.InitializeAsync();
        (await gateway.PostAsync("/instances", new { proxy = new { url } })).IsProblem(422, "validation-failed", "/proxy/url");
        (await gateway.PostAsync("/instances", new { proxy = url })).IsProblem(422, "validation-failed", "/proxy");
    }

    private static async Task PatchAsync(Product product, string? url)
    {
        using var response = await product.Gateway.Http.PatchAsJsonAsync("/instances/shop", new { proxy = url });
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }
}
