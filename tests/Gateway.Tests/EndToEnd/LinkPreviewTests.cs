using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Texts with a link: what the phone shows of the page.</summary>
public sealed class LinkPreviewTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task The_phone_gets_the_preview_of_a_link_as_asked_for()
    {
        await using var page = await ServeAsync("<title>Shop</title><meta name=description content='All we sell'>");
        var link = page.Urls.Single() + "/a";
        await using var product = await Product.StartAsync(new Dictionary<string, string> { ["ALLOW_HTTP_MEDIA"] = "true" });
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, product.Inbox.Url);

        var read = await SentAsync(new { to = ana.PhoneNumber, message = $"look: {link}, nice" });
        Assert.Equal(($"look: {link}, nice", link, "Shop", "All we sell"), (read.Text, read.MatchedText, read.Title, read.Description));

        var told = await SentAsync(new { to = ana.PhoneNumber, message = link, linkPreview = new { title = "Mine" }, async = true }, 202);
        Assert.Equal((link, "Mine", ""), (told.MatchedText, told.Title, told.Description));

        var none = await PostAsync(new { to = ana.PhoneNumber, message = link, linkPreview = false });
        Assert.Equal(link, (await SeenAsync(none)).Conversation);

        async Task<Protocol.Schema.Message.Types.ExtendedTextMessage> SentAsync(object body, int status = 200) => (await SeenAsync(await PostAsync(body, status))).ExtendedTextMessage;

        async Task<Protocol.Schema.Message> SeenAsync(string id) =>
            (await ana.WaitForMessageAsync(message => message.MessageId == id, new CancellationTokenSource(Patience).Token)).Content;

        async Task<string> PostAsync(object body, int status = 200) => (await product.Gateway.PostAsync("/instances/shop/sendMessage", body, status)).GetProperty("messageId").GetString()!;
    }

    private static async Task<WebApplication> ServeAsync(string html)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var server = builder.Build();
        server.Map("/{**path}", () => Results.Content(html, "text/html; charset=utf-8"));
        await server.StartAsync();
        return server;
    }
}
