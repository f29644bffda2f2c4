using System.Net;
using System.Net.Http.Json;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Files over kills, waits and deletes.</summary>
public sealed class MediaLifeTests
{
    private static string Id(System.Text.Json.JsonElement data) => data.GetProperty("messageId").GetString()!;

    [Fact]
    public async Task A_kill_while_a_file_is_fetched_loses_neither_the_file_nor_the_event()
    {
        await using var product = await Product.StartAsync(new Dictionary<string, string> { ["Media__EventHoldSeconds"] = "60" });
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);
        // So slow that it cannot be done before the kill; the second try is not slowed down.
        product.Network.Faults.Add(new Fault { Kind = FaultKind.MediaSlow, On = "download", Ms = 20_000 });
        var bytes = MediaShop.NewBytes(1_000_000);
        var id = await ana.SendAsync(new PhoneWriting(shop.PhoneNumber, "video", "the video") { Base64 = Convert.ToBase64String(bytes) });
        await EventuallyAsync(() => Task.FromResult(product.Network.Stats.FaultsInjected > 0), "the download begins");

        await product.Gateway.KillAsync();
        await product.Gateway.StartAsync();

        await product.Inbox.WaitAsync(inbox => inbox.Of("message.received").Count > 0, "the event", 90);
        var data = Assert.Single(product.Inbox.Of("message.received")).GetProperty("data");
        Assert.Equal((id, "the video"), (Id(data), data.GetProperty("text").GetString()));
        using var file = await product.Gateway.Http.GetAsync($"/instances/shop/messages/{id}/media?wait=50");
        Assert.Equal(bytes, await file.Content.ReadAsByteArrayAsync());
        Assert.Empty(Directory.GetFiles(Path.Combine(product.DataDirectory, "media-work", "received")));
    }

    [Fact]
    public async Task An_event_does_not_wait_for_ever_and_its_link_waits_instead()
    {
        await using var product = await Product.StartAsync(new Dictionary<string, string> { ["Media__EventHoldSeconds"] = "1" });
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);
        product.Network.Faults.Add(new Fault { Kind = FaultKind.MediaSlow, On = "download", Ms = 4_000 });
        var bytes = MediaShop.NewBytes(50_000);
        var id = await ana.SendAsync(new PhoneWriting(shop.PhoneNumber, "image", null) { Base64 = Convert.ToBase64String(bytes) });
        ana.SendText(shop.PhoneNumber, "after it");

        await product.Inbox.WaitAsync(inbox => inbox.Of("message.received").Count == 2, "both events");
        var received = product.Inbox.Of("message.received").Select(e => e.GetProperty("data")).ToList();
        Assert.Equal([id, "after it"], [Id(received[0]), received[1].GetProperty("text").GetString()!]);
        Assert.Equal("lazy", received[0].GetProperty("media").GetProperty("status").GetString());
        var link = new Uri(received[0].GetProperty("media").GetProperty("url").GetString()!).PathAndQuery;
        using var open = new HttpClient { BaseAddress = product.Gateway.Http.BaseAddress };
        Assert.Equal(bytes, await open.GetByteArrayAsync(link));
    }

    [Fact]
    public async Task Files_of_a_deleted_instance_are_removed()
    {
        await using var product = await Product.StartAsync();
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);
        var id = await ana.SendAsync(new PhoneWriting(shop.PhoneNumber, "image", null) { Base64 = "AAEC" });
        using (var file = await product.Gateway.Http.GetAsync($"/instances/shop/messages/{await KnownAsync(product, id)}/media"))
            Assert.Equal([0, 1, 2], await file.Content.ReadAsByteArrayAsync());
        var folder = Path.Combine(product.DataDirectory, "media", "received", "shop");
        Assert.NotEmpty(Directory.GetFiles(folder));

        using var deleted = await product.Gateway.Http.DeleteAsync("/instances/shop");

        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        Assert.False(Directory.Exists(folder));
    }

    [Fact]
    public async Task Settings_of_files_are_kept_shown_and_checked()
    {
        await using var product = await Product.StartAsync();

        await product.Gateway.PostAsync("/instances", new { instanceId = "one", connect = false, settings = new { downloadMedia = "off", retentionDays = 7 }, webhook = new { url = "https://example.org", includeMedia = "base64" } }, 201);
        var one = await product.Gateway.GetAsync("/instances/one");
        Assert.Equal(("off", 7), (one.GetProperty("settings").GetProperty("downloadMedia").GetString(), one.GetProperty("settings").GetProperty("retentionDays").GetInt32()));
        Assert.Equal("base64", one.GetProperty("webhook")[0].GetProperty("includeMedia").GetString());

        var refused = await product.Gateway.PostAsync("/instances", new { instanceId = "two", settings = new { downloadMedia = "maybe", retentionDays = -1 }, webhook = new { url = "https://example.org", includeMedia = "all" } }, 422);
        Assert.Equal(["/settings/downloadMedia", "/settings/retentionDays", "/webhook/includeMedia"], refused.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("pointer").GetString()!).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_link_of_a_qr_event_shows_the_picture_to_a_browser_without_a_key()
    {
        await using var product = await Product.StartAsync();
        await product.Gateway.PostAsync("/instances", new { instanceId = "shop", webhook = new { url = product.Inbox.Url } }, 201);
        await product.Inbox.WaitAsync(inbox => inbox.Of("qr.update").Count > 0, "qr.update");
        var link = new Uri(product.Inbox.Of("qr.update")[0].GetProperty("data").GetProperty("url").GetString()!).PathAndQuery;
        using var open = new HttpClient { BaseAddress = product.Gateway.Http.BaseAddress };

        using var picture = await open.GetAsync(link);
        Assert.Equal("image/png", picture.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no-referrer", picture.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal(HttpStatusCode.Unauthorized, (await open.GetAsync(link[..^1])).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await open.GetAsync(link.Replace("/qr", "/status", StringComparison.Ordinal))).StatusCode);

        var again = await product.Gateway.Http.GetFromJsonAsync<System.Text.Json.JsonElement>("/instances/shop/qr?wait=20");
        using var second = await open.GetAsync(new Uri(again.GetProperty("url").GetString()!).PathAndQuery);
        Assert.Equal(HttpStatusCode.OK, second.StatusCode);
    }

    private static async Task<string> KnownAsync(Product product, string id)
    {
        await product.Inbox.WaitAsync(inbox => inbox.Of("message.received").Any(e => Id(e.GetProperty("data")) == id), "the message");
        return id;
    }

    private static async Task EventuallyAsync(Func<Task<bool>> condition, string what)
    {
        for (var look = 0; look < 1200; look++)
        {
            if (await condition())
                return;
            await Task.Delay(25);
        }
        Assert.Fail("did not come about: " + what);
    }
}
