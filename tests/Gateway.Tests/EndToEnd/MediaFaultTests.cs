using System.Net;
using System.Text.Json;
using Google.Protobuf;
using WhatsApp.Protocol.Schema;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Files that are damaged, gone, slow, made up or lead where they must not: nothing wrong is ever handed out, and what can be had is had.</summary>
public sealed class MediaFaultTests(MediaShop shop) : IClassFixture<MediaShop>
{
    private async Task<string> SendAsync(byte[] file, VirtualPhone to, string type = "image") =>
        await shop.Ana.SendAsync(new PhoneWriting(to.PhoneNumber, type, null) { Base64 = Convert.ToBase64String(file) });

    private void Strike(FaultKind kind, int count = 1, int? status = null, long? bytes = null, int? ms = null, int? host = null) =>
        shop.Product.Network.Faults.Add(new Fault { Kind = kind, On = "download", Count = count, Status = status, Bytes = bytes, Ms = ms, Host = host });

    [Theory]
    [InlineData(FaultKind.MediaCorrupt)]
    [InlineData(FaultKind.MediaShort)]
    public async Task A_file_that_is_not_the_announced_one_is_never_handed_out(FaultKind fault)
    {
        Strike(fault, bytes: fault == FaultKind.MediaShort ? 40_000 : null);
        var id = await SendAsync(MediaShop.NewBytes(100_000), shop.Shop);

        var media = await shop.MediaAsync(id);
        Assert.Equal(("failed", "damaged"), (media.GetProperty("status").GetString(), media.GetProperty("failure").GetString()));
        Assert.Equal("failed", await shop.StatusAsync("shop", id));
        await ReceivedMediaTests.IsProblemAsync(await shop.GetFileAsync("shop", id), 422, "media-fetch-failed");
    }

    [Theory]
    [InlineData(FaultKind.MediaCut, 70_000, null)]
    [InlineData(FaultKind.MediaStatus, null, 503)]
    [InlineData(FaultKind.MediaSlow, null, null)]
    public async Task A_bad_line_or_a_busy_host_costs_time_and_nothing_else(FaultKind fault, int? cutAfter, int? status)
    {
        Strike(fault, bytes: cutAfter, status: status, ms: fault == FaultKind.MediaSlow ? 300 : null, host: 1);
        var bytes = MediaShop.NewBytes(200_000);
        var id = await SendAsync(bytes, shop.Shop);

        var media = await shop.MediaAsync(id);
        Assert.Equal("stored", media.GetProperty("status").GetString());
        Assert.Equal(bytes, await shop.FollowAsync(media));
    }

    [Fact]
    public async Task Our_phone_brings_back_a_file_that_WhatsApp_no_longer_has()
    {
        var bytes = MediaShop.NewBytes(50_000);
        var id = await SendAsync(bytes, shop.Lazy);
        await shop.MessageAsync(id);
        shop.Product.Network.ExpireMedia();

        using var response = await shop.GetFileAsync("lazy", id);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(bytes, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal(0, shop.Product.Network.Stats.Violations);
    }

    [Fact]
    public async Task A_file_that_is_gone_when_it_is_fetched_at_once_comes_back_too()
    {
        var bytes = MediaShop.NewBytes(50_000);
        // One for each try: a device asks for new hosts only once in a while.
        Strike(FaultKind.MediaStatus, count: 2, status: 404);
        var id = await SendAsync(bytes, shop.Shop);

        var media = await shop.MediaAsync(id);
        Assert.Equal("stored", media.GetProperty("status").GetString());
        Assert.Equal(bytes, await shop.FollowAsync(media));
    }

    [Fact]
    public async Task A_file_that_our_phone_has_not_either_is_told_as_not_there()
    {
        var id = await SendAsync(MediaShop.NewBytes(100), shop.Lazy);
        await shop.MessageAsync(id);
        shop.Product.Network.ExpireMedia();
        shop.Lazy.KeepsMedia = false;
        try
        {
            await ReceivedMediaTests.IsProblemAsync(await shop.GetFileAsync("lazy", id), 404, "media-not-found");
            Assert.Equal("failed", await shop.StatusAsync("lazy", id));
        }
        finally
        {
            shop.Lazy.KeepsMedia = true;
        }
    }

    [Fact]
    public async Task While_our_phone_is_off_the_caller_is_told_to_come_again()
    {
        var id = await SendAsync(MediaShop.NewBytes(100), shop.Lazy);
        await shop.MessageAsync(id);
        shop.Product.Network.ExpireMedia();
        shop.Lazy.AnswersMediaRetries = false;
        try
        {
            using var response = await shop.GetFileAsync("lazy", id, "?wait=2");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            Assert.NotNull(response.Headers.RetryAfter);
            Assert.Contains(await shop.StatusAsync("lazy", id), new[] { "asked", "wanted" });
        }
        finally
        {
            shop.Lazy.AnswersMediaRetries = true;
        }
    }

    [Fact]
    public async Task A_made_up_address_leads_to_no_private_host()
    {
        var id = shop.Ana.SendMessage(shop.Shop.PhoneNumber, new Message { ImageMessage = MadeUp("https://10.0.0.1/x", 100) });

        var media = await shop.MediaAsync(id);

        Assert.Equal(("failed", "blocked"), (media.GetProperty("status").GetString(), media.GetProperty("failure").GetString()));
        await ReceivedMediaTests.IsProblemAsync(await shop.GetFileAsync("shop", id), 422, "media-fetch-failed");
    }

    [Theory]
    [InlineData(3UL * 1024 * 1024 * 1024, "too-large")]
    [InlineData(ulong.MaxValue, "too-large")]
    public async Task A_made_up_length_costs_nothing(ulong length, string failure)
    {
        var id = shop.Ana.SendMessage(shop.Shop.PhoneNumber, new Message { ImageMessage = MadeUp("https://mmg.whatsapp.net/x", length) });

        await shop.MessageAsync(id);
        using var response = await shop.GetFileAsync("shop", id);

        Assert.Equal(failure, JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("reason").GetString());
    }

    [Fact]
    public async Task A_message_that_does_not_say_what_opens_its_file_fails_and_the_next_one_is_not_held_up()
    {
        var nothing = shop.Ana.SendMessage(shop.Shop.PhoneNumber, new Message { ImageMessage = new() { Caption = "no file", Mimetype = "image/png" } });
        var text = shop.Ana.SendText(shop.Shop.PhoneNumber, "after it");

        Assert.Equal(("failed", "unusable"), ((await shop.MediaAsync(nothing)).GetProperty("status").GetString(), (await shop.MediaAsync(nothing)).GetProperty("failure").GetString()));
        await shop.MessageAsync(text);
    }

    private static Message.Types.ImageMessage MadeUp(string url, ulong length) => new()
    {
        Url = url,
        MediaKey = ByteString.CopyFrom(new byte[32]),
        FileSha256 = ByteString.CopyFrom(new byte[32]),
        FileEncSha256 = ByteString.CopyFrom(new byte[32]),
        FileLength = length,
        Mimetype = "image/png",
    };
}
