using System.Net;
using System.Text.Json;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>
/// A product with two linked instances: "shop" fetches files at once and tells two endpoints, the second of which wants small files in the event;
/// "lazy" fetches nothing by itself. Events wait for their files as long as it takes, and private addresses are refused but for our own.
/// </summary>
public sealed class MediaShop : IAsyncLifetime
{
    private Product? _product;
    private HttpClient? _open;

    internal Product Product => _product!;
    internal EventInbox Inline { get; private set; } = null!;
    internal VirtualPhone Shop { get; private set; } = null!;
    internal VirtualPhone Lazy { get; private set; } = null!;
    internal VirtualPhone Ana { get; private set; } = null!;
    /// <summary>Knows no API key.</summary>
    internal HttpClient Open => _open!;

    public async ValueTask InitializeAsync()
    {
        _product = await Product.StartAsync(new Dictionary<string, string>
        {
            ["Media__EventHoldSeconds"] = "60",
            ["Outbound__AllowPrivateNetworks"] = "false",
            ["Outbound__AllowedHosts__0"] = "127.0.0.1",
        });
        Inline = await EventInbox.StartAsync();
        (Shop, Lazy, Ana) = (Product.AddPhone("Shop"), Product.AddPhone("Lazy"), Product.AddPhone("Ana"));
        await LinkAsync("shop", Shop, new
        {
            instanceId = "shop",
            webhook = new object[] { new { url = Product.Inbox.Url, events = new[] { "*" } }, new { url = Inline.Url, events = new[] { "message.received" }, includeMedia = "base64" } },
        });
        await LinkAsync("lazy", Lazy, new { instanceId = "lazy", webhook = new { url = Product.Inbox.Url, events = new[] { "*" } }, settings = new { downloadMedia = "lazy" } });
        _open = new HttpClient { BaseAddress = Product.Gateway.Http.BaseAddress };
    }

    public async ValueTask DisposeAsync()
    {
        _open?.Dispose();
        if (Inline is not null)
            await Inline.DisposeAsync();
        if (_product is not null)
            await _product.DisposeAsync();
    }

    private async Task LinkAsync(string instanceId, VirtualPhone phone, object body)
    {
        await Product.Gateway.PostAsync("/instances", body, 201);
        await Product.Gateway.ScanAsync(instanceId, phone);
    }

    /// <summary>Bytes that are nothing in particular; every call others.</summary>
    internal static byte[] NewBytes(int length)
    {
        var bytes = new byte[length];
        Random.Shared.NextBytes(bytes);
        bytes[0] = 0;
        return bytes;
    }

    /// <summary>The media member of the event about this message, once it is there.</summary>
    internal async Task<JsonElement> MediaAsync(string messageId, EventInbox? inbox = null) => (await MessageAsync(messageId, inbox)).GetProperty("media");

    /// <summary>The data of message.received or message.sent of this message, once it is there.</summary>
    internal async Task<JsonElement> MessageAsync(string messageId, EventInbox? inbox = null)
    {
        inbox ??= Product.Inbox;
        await inbox.WaitAsync(one => Find(one) is not null, "the event of " + messageId);
        return Find(inbox)!.Value;

        JsonElement? Find(EventInbox one) => one.Of("message.received").Concat(one.Of("message.sent")).Select(e => e.GetProperty("data"))
            .Where(data => data.GetProperty("messageId").GetString() == messageId).Select(data => (JsonElement?)data).FirstOrDefault();
    }

    /// <summary>What an event's link gives to somebody without a key. The service does not know its own port here: only the path counts.</summary>
    internal async Task<byte[]> FollowAsync(JsonElement media)
    {
        using var response = await Open.GetAsync(new Uri(media.GetProperty("url").GetString()!).PathAndQuery);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return await response.Content.ReadAsByteArrayAsync();
    }

    /// <summary>GET the file with the key.</summary>
    internal Task<HttpResponseMessage> GetFileAsync(string instance, string messageId, string query = "", Action<HttpRequestMessage>? change = null, HttpMethod? method = null)
    {
        var request = new HttpRequestMessage(method ?? HttpMethod.Get, $"/instances/{instance}/messages/{messageId}/media{query}");
        change?.Invoke(request);
        return Product.Gateway.Http.SendAsync(request);
    }

    /// <summary>The file's state as GET messages/{id} tells it.</summary>
    internal async Task<string?> StatusAsync(string instance, string messageId) =>
        (await Product.Gateway.GetAsync($"/instances/{instance}/messages/{messageId}")).GetProperty("media").GetProperty("status").GetString();
}
