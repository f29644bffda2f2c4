using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Files that people send: fetched, checked, kept, told of and handed out.</summary>
public sealed class ReceivedMediaTests(MediaShop shop) : IClassFixture<MediaShop>
{
    private static readonly byte[] Png =
        [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52, 0, 0, 0, 1, 0, 0, 0, 1, 8, 6, 0, 0, 0];

    private Task<string> SendAsync(string type, byte[] file, Func<PhoneWriting, PhoneWriting>? change = null, VirtualPhone? to = null, VirtualPhone? from = null)
    {
        var writing = new PhoneWriting((to ?? shop.Shop).PhoneNumber, type, null) { Base64 = Convert.ToBase64String(file) };
        return (from ?? shop.Ana).SendAsync(change is null ? writing : change(writing));
    }

    public static TheoryData<string, string, string, bool> Kinds => new()
    {
        { "image", "image", "image", false }, { "video", "video", "video", false }, { "gif", "gif", "video", false }, { "videoNote", "ptv", "video", false },
        { "audio", "audio", "audio", false }, { "ptt", "ptt", "ptt", false }, { "document", "document", "document", false }, { "sticker", "sticker", "sticker", false },
        { "image", "image", "viewOnce", true },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_file_of_every_kind_is_stored_when_its_event_arrives_and_the_link_gives_the_same_bytes(string sent, string kind, string type, bool viewOnce)
    {
        var bytes = MediaShop.NewBytes(70_001);
        var id = await SendAsync(sent, bytes, writing => writing with { ViewOnce = viewOnce, Mimetype = "x/y", FileName = "offer.bin", Seconds = 3, Width = 4, Height = 5 });

        var message = await shop.MessageAsync(id);
        var media = message.GetProperty("media");
        Assert.Equal((type, kind, "stored", "x/y", bytes.Length), (message.GetProperty("type").GetString(), media.GetProperty("kind").GetString(),
            media.GetProperty("status").GetString(), media.GetProperty("mimetype").GetString(), media.GetProperty("size").GetInt32()));
        Assert.False(message.TryGetProperty("raw", out _));
        Assert.Equal(bytes, await shop.FollowAsync(media));
        Assert.Equal("stored", await shop.StatusAsync("shop", id));
    }

    [Fact]
    public async Task A_document_with_caption_tells_name_and_text_and_is_handed_out_under_its_name()
    {
        var id = await SendAsync("document", "%PDF-1.7 x"u8.ToArray(), writing => writing with { Text = "our offer", FileName = "ação/1.pdf" });

        var message = await shop.MessageAsync(id);
        Assert.Equal(("document", "our offer", "ação/1.pdf", "application/pdf"), (message.GetProperty("type").GetString(), message.GetProperty("text").GetString(),
            message.GetProperty("media").GetProperty("fileName").GetString(), message.GetProperty("media").GetProperty("contentType").GetString()));
        using var response = await shop.GetFileAsync("shop", id);
        Assert.Equal("application/pdf", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("ação_1.pdf", response.Content.Headers.ContentDisposition!.FileNameStar);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
    }

    [Fact]
    public async Task What_a_file_is_says_its_content_and_not_its_sender()
    {
        var id = await SendAsync("image", "<html><script>alert(1)</script>"u8.ToArray(), writing => writing with { Mimetype = "image/jpeg" });

        var media = await shop.MediaAsync(id);
        using var response = await shop.GetFileAsync("shop", id);

        Assert.Equal(("image/jpeg", "text/html"), (media.GetProperty("mimetype").GetString(), media.GetProperty("contentType").GetString()));
        Assert.Equal("attachment", response.Content.Headers.ContentDisposition!.DispositionType);
    }

    [Fact]
    public async Task A_small_file_is_inside_the_event_of_whoever_wants_it_and_a_large_one_is_linked()
    {
        var (small, large) = (MediaShop.NewBytes(1000), MediaShop.NewBytes(1024 * 1024 + 1));
        var (first, second) = (await SendAsync("image", small), await SendAsync("image", large));

        var inline = await shop.MediaAsync(first, shop.Inline);
        Assert.Equal(small, inline.GetProperty("base64").GetBytesFromBase64());
        Assert.Equal(small, await shop.FollowAsync(inline));
        var linked = await shop.MediaAsync(second, shop.Inline);
        Assert.Equal(JsonValueKind.Null, linked.GetProperty("base64").ValueKind);
        Assert.Equal(large, await shop.FollowAsync(linked));
        Assert.Equal(JsonValueKind.Null, (await shop.MediaAsync(first)).GetProperty("base64").ValueKind);
    }

    [Fact]
    public async Task A_file_sent_from_our_own_phone_comes_with_message_sent()
    {
        var bytes = MediaShop.NewBytes(5000);
        var id = await SendAsync("image", bytes, to: shop.Ana, from: shop.Shop);

        var message = await shop.MessageAsync(id);
        Assert.Equal(("phone", true), (message.GetProperty("source").GetString(), message.GetProperty("fromMe").GetBoolean()));
        Assert.Equal("stored", message.GetProperty("media").GetProperty("status").GetString());
        Assert.Equal(bytes, await shop.FollowAsync(message.GetProperty("media")));
    }

    [Fact]
    public async Task A_file_sent_through_the_API_is_not_fetched_back_but_can_be_had()
    {
        var bytes = MediaShop.NewBytes(4000);
        var sent = await shop.Product.Gateway.PostAsync("/instances/shop/sendFile", new { to = shop.Ana.PhoneNumber, base64 = Convert.ToBase64String(bytes), fileName = "offer.bin" }, 200);

        var message = await shop.MessageAsync(sent.GetProperty("messageId").GetString()!);
        var media = message.GetProperty("media");
        Assert.Equal(("api", "lazy", "offer.bin"), (message.GetProperty("source").GetString(), media.GetProperty("status").GetString(), media.GetProperty("fileName").GetString()));
        Assert.Equal(bytes, await shop.FollowAsync(media));
    }

    [Fact]
    public async Task A_file_in_a_group_is_fetched_too()
    {
        var group = shop.Product.Network.AddGroup("Friends", [shop.Ana.PhoneNumber, shop.Shop.PhoneNumber]);
        var bytes = MediaShop.NewBytes(4000);
        var id = await shop.Ana.SendAsync(new PhoneWriting(group.Id.ToString(), "image", "to all") { Base64 = Convert.ToBase64String(bytes) });

        var message = await shop.MessageAsync(id);
        Assert.Equal((true, "stored"), (message.GetProperty("isGroup").GetBoolean(), message.GetProperty("media").GetProperty("status").GetString()));
        Assert.Equal(bytes, await shop.FollowAsync(message.GetProperty("media")));
    }

    [Fact]
    public async Task A_reply_to_a_file_tells_what_was_quoted()
    {
        var quoted = await SendAsync("image", Png, writing => writing with { Text = "look", Width = 1, Height = 1 });
        await shop.MessageAsync(quoted);
        var id = shop.Ana.SendMessage(shop.Shop.PhoneNumber, new()
        {
            ExtendedTextMessage = new()
            {
                Text = "this one",
                ContextInfo = new() { StanzaId = quoted, Participant = shop.Ana.Jid.ToString(), QuotedMessage = new() { ImageMessage = new() { Caption = "look", Mimetype = "image/png", Width = 1 } } },
            },
        });

        var media = (await shop.MessageAsync(id)).GetProperty("quoted").GetProperty("media");
        Assert.Equal(("image", "image/png", 1), (media.GetProperty("kind").GetString(), media.GetProperty("mimetype").GetString(), media.GetProperty("width").GetInt32()));
        Assert.False(media.TryGetProperty("url", out _));
    }

    [Fact]
    public async Task A_part_of_a_file_can_be_asked_for()
    {
        var bytes = MediaShop.NewBytes(200_000);
        var id = await SendAsync("video", bytes);
        await shop.MessageAsync(id);

        using var part = await shop.GetFileAsync("shop", id, change: request => request.Headers.Range = new RangeHeaderValue(100_000, 100_099));
        Assert.Equal(HttpStatusCode.PartialContent, part.StatusCode);
        Assert.Equal("bytes 100000-100099/200000", part.Content.Headers.ContentRange!.ToString());
        Assert.Equal(bytes[100_000..100_100], await part.Content.ReadAsByteArrayAsync());

        using var end = await shop.GetFileAsync("shop", id, change: request => request.Headers.Range = new RangeHeaderValue(null, 5));
        Assert.Equal(bytes[^5..], await end.Content.ReadAsByteArrayAsync());

        using var outside = await shop.GetFileAsync("shop", id, change: request => request.Headers.Range = new RangeHeaderValue(200_000, null));
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, outside.StatusCode);
        Assert.Equal(200_000, outside.Content.Headers.ContentRange!.Length);

        using var head = await shop.GetFileAsync("shop", id, method: HttpMethod.Head);
        Assert.Equal((HttpStatusCode.OK, 200_000), (head.StatusCode, head.Content.Headers.ContentLength));

        using var known = await shop.GetFileAsync("shop", id, change: request => request.Headers.IfNoneMatch.Add(head.Headers.ETag!));
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);
    }

    [Fact]
    public async Task A_link_opens_its_own_file_and_nothing_else()
    {
        var (one, other) = (await SendAsync("image", Png), await SendAsync("image", MediaShop.NewBytes(10)));
        var link = new Uri((await shop.MediaAsync(one)).GetProperty("url").GetString()!).PathAndQuery;

        Assert.Equal(HttpStatusCode.OK, (await shop.Open.GetAsync(link)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await shop.Open.GetAsync(link.Replace(one, other, StringComparison.Ordinal))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await shop.Open.GetAsync(link.Replace("/shop/", "/lazy/", StringComparison.Ordinal))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await shop.Open.GetAsync(link.Split('?')[0])).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await shop.Open.GetAsync($"/instances/shop/messages/{one}?{link.Split('?')[1]}")).StatusCode);
    }

    [Fact]
    public async Task A_file_that_nobody_fetched_is_fetched_when_somebody_asks()
    {
        var bytes = MediaShop.NewBytes(9000);
        var id = await SendAsync("image", bytes, to: shop.Lazy);

        var media = await shop.MediaAsync(id);
        Assert.Equal(("lazy", "lazy"), (media.GetProperty("status").GetString(), await shop.StatusAsync("lazy", id)));
        Assert.Equal(bytes, await shop.FollowAsync(media));
        Assert.Equal("stored", await shop.StatusAsync("lazy", id));
    }

    [Fact]
    public async Task A_stored_file_that_was_removed_behind_our_back_is_fetched_again()
    {
        var bytes = MediaShop.NewBytes(9000);
        var id = await SendAsync("image", bytes);
        await shop.MessageAsync(id);
        foreach (var file in Directory.GetFiles(Path.Combine(shop.Product.DataDirectory, "media", "received", "shop")))
            File.Delete(file);

        using var response = await shop.GetFileAsync("shop", id);

        Assert.Equal(bytes, await response.Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task What_is_not_there_is_said_clearly()
    {
        var text = shop.Ana.SendText(shop.Shop.PhoneNumber, "no file");
        await shop.MessageAsync(text);

        await IsProblemAsync(await shop.GetFileAsync("shop", "3EB0NONE"), 404, "message-not-found");
        await IsProblemAsync(await shop.GetFileAsync("shop", text), 404, "media-not-found");
        await IsProblemAsync(await shop.GetFileAsync("nobody", text), 404, "instance-not-found");
    }

    internal static async Task IsProblemAsync(HttpResponseMessage response, int status, string code)
    {
        var body = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode}: {body}");
        Assert.Equal(code, JsonElement.Parse(body).GetProperty("code").GetString());
        response.Dispose();
    }
}
