using System.Net.Http.Headers;
using System.Text.Json;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Files out when something is wrong: with the file, the caller, the media hosts or the process.</summary>
public sealed class MediaFaultTests(LinkedShop shop) : IClassFixture<LinkedShop>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly byte[] Picture = SampleFiles.Png(40, 30);

    [Fact]
    public async Task A_host_that_refuses_is_passed_over_and_the_next_takes_the_file()
    {
        var ana = shop.Product.AddPhone("Ana");
        shop.Product.Network.Faults.Add(new Fault { Kind = FaultKind.MediaStatus, Status = 500, On = "upload", Host = 1 });

        var (status, answer) = await shop.PostAsync("sendImage", new { to = ana.PhoneNumber, base64 = Convert.ToBase64String(Picture) });

        Assert.Equal(200, status);
        Assert.NotEmpty(await ana.ReadMediaAsync((await ArrivedAsync(ana, answer)).MessageId));
    }

    [Fact]
    public async Task Hosts_that_all_refuse_are_told_and_the_next_try_works()
    {
        var ana = shop.Product.AddPhone("Ana");
        shop.Product.Network.Faults.Add(new Fault { Kind = FaultKind.MediaStatus, Status = 503, On = "upload", Count = 2 });

        var (status, refused) = await shop.PostAsync("sendImage", new { to = ana.PhoneNumber, base64 = Convert.ToBase64String(Picture) });
        Assert.Equal((502, "media-upload-failed"), (status, refused.GetProperty("code").GetString()));

        Assert.Equal(200, (await shop.PostAsync("sendImage", new { to = ana.PhoneNumber, base64 = Convert.ToBase64String(Picture) })).Status);
    }

    [Theory]
    [InlineData("sendImage", 415, "unsupported-media-type", "bm90IGEgcGljdHVyZSBhdCBhbGw=")]
    [InlineData("sendAudio", 415, "unsupported-media-type", "T2dnUwACAAAAAAAAAABicm9rZW4gb2dn")]
    [InlineData("sendVideo", 415, "unsupported-media-type", "AAAAGGZ0eXBtcDQyAAAAAG1wNDJpc29tYnJva2Vu")]
    [InlineData("sendSticker", 415, "unsupported-media-type", "UklGRgQAAABXRUJQVlA4IGJyb2tlbg==")]
    [InlineData("sendSticker", 415, "unsupported-media-type", "JVBERi0xLjcgbm90IGEgc3RpY2tlcg==")]
    [InlineData("sendImage", 422, "validation-failed", "§§§ garbage §§§")]
    public async Task A_broken_file_is_refused_and_nothing_is_sent(string path, int expected, string code, string base64)
    {
        var ana = shop.Product.AddPhone("Ana");

        var (status, answer) = await shop.PostAsync(path, new { to = ana.PhoneNumber, base64 });

        Assert.True((expected, code) == (status, answer.GetProperty("code").GetString()), answer.ToString());
        Assert.Empty(ana.Messages);
    }

    // 60,000 × 60,000 pixels in a file of a few bytes: the header alone is enough to refuse it.
    [Fact]
    public async Task A_picture_of_billions_of_pixels_is_refused_by_its_header()
    {
        var ana = shop.Product.AddPhone("Ana");

        var (status, answer) = await shop.PostAsync("sendImage", new { to = ana.PhoneNumber, base64 = Convert.ToBase64String(SampleFiles.PngBomb(60_000, 60_000)) });

        Assert.Equal((413, "media-too-large"), (status, answer.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task A_file_beyond_its_limit_is_refused_with_the_field()
    {
        var ana = shop.Product.AddPhone("Ana");
        using var form = new MultipartFormDataContent { { new StringContent(ana.PhoneNumber), "to" }, { new ByteArrayContent(new byte[17 * 1024 * 1024]), "file", "large.webp" } };

        using var response = await shop.Product.Gateway.Http.PostAsync("/instances/shop/sendSticker", form);

        var problem = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal((413, "media-too-large", "/file"), ((int)response.StatusCode, problem.GetProperty("code").GetString(), Pointer(problem)));
    }

    [Fact]
    public async Task A_file_is_given_in_one_way_and_a_document_has_a_name()
    {
        var (_, two) = await shop.PostAsync("sendImage", new { to = "5511900000002", base64 = Convert.ToBase64String(Picture), url = "https://example.org/a.png" });
        var (_, none) = await shop.PostAsync("sendImage", new { to = "5511900000002" });
        var (_, nameless) = await shop.PostAsync("sendFile", new { to = "5511900000002", base64 = Convert.ToBase64String(Picture) });
        var (status, unknown) = await shop.PostAsync("sendImage", new { to = "5511900000002", mediaId = "01JD0000000000000000000000" });

        Assert.Equal(("/url", "/url", "/fileName"), (Pointer(two), Pointer(none), Pointer(nameless)));
        Assert.Equal((404, "media-not-found", "/mediaId"), (status, unknown.GetProperty("code").GetString(), Pointer(unknown)));
    }

    [Fact]
    public async Task A_repeat_under_the_same_idempotency_key_is_not_sent_twice_and_another_file_is_refused()
    {
        var ana = shop.Product.AddPhone("Ana");
        var key = Guid.NewGuid().ToString("N");

        var first = await MultipartAsync(ana, Picture, key);
        var again = await MultipartAsync(ana, Picture, key);
        var other = await MultipartAsync(ana, SampleFiles.Png(41, 30), key);

        Assert.Equal((200, 200, 409), (first.Status, again.Status, other.Status));
        Assert.True(again.Replayed);
        Assert.Equal(first.Text, again.Text);
        var id = JsonElement.Parse(first.Text).GetProperty("messageId").GetString();
        await ana.WaitForMessageAsync(message => message.MessageId == id, new CancellationTokenSource(Patience).Token);
        Assert.Single(ana.Messages);
    }

    [Fact]
    public async Task A_picture_accepted_before_a_kill_is_sent_by_the_next_process_under_the_same_id_exactly_once()
    {
        await using var product = await Product.StartAsync();
        var (own, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", own, product.Inbox.Url);
        // The upload hangs until the process is gone.
        product.Network.Faults.Add(new Fault { Kind = FaultKind.MediaSlow, Ms = 30_000, On = "upload" });
        var accepted = await product.Gateway.PostAsync("/instances/shop/sendImage",
            new { to = ana.PhoneNumber, base64 = Convert.ToBase64String(Picture), caption = "once", async = true }, 202);
        var id = accepted.GetProperty("messageId").GetString();
        Assert.Equal("queued", (await product.Gateway.GetAsync($"/instances/shop/messages/{id}")).GetProperty("status").GetString());

        await product.Gateway.KillAsync();
        product.Network.Faults.Clear();
        await product.Gateway.StartAsync();

        await ana.WaitForMessageAsync(message => message.MessageId == id, new CancellationTokenSource(Patience).Token);
        await product.Inbox.WaitAsync(inbox => inbox.Of("message.sent").Any(e => e.GetProperty("data").GetProperty("messageId").GetString() == id), "message.sent of the picture");
        Assert.NotEmpty(await ana.ReadMediaAsync(id!));
        Assert.Single(ana.Messages);
        Assert.Single(product.Inbox.Of("message.sent"));
        Assert.Equal(0, product.Network.Stats.Violations);
    }

    [Fact]
    public async Task An_accepted_file_that_will_never_do_fails_with_its_reason()
    {
        var (status, accepted) = await shop.PostAsync("sendImage", new { to = "5511900000002", base64 = "bm90IGEgcGljdHVyZSBhdCBhbGw=", async = true });
        Assert.Equal(202, status);
        var id = accepted.GetProperty("messageId").GetString();

        var failed = await shop.EventAsync("message.failed", data => data.GetProperty("messageId").GetString() == id);

        Assert.Equal("unsupported-media-type", failed.GetProperty("code").GetString());
        Assert.Equal("failed", (await shop.GetAsync("messages/" + id)).Body.GetProperty("status").GetString());
    }

    private async Task<(int Status, string Text, bool Replayed)> MultipartAsync(VirtualPhone to, byte[] file, string key)
    {
        using var content = new ByteArrayContent(file) { Headers = { ContentType = new MediaTypeHeaderValue("image/png") } };
        using var form = new MultipartFormDataContent { { new StringContent(to.PhoneNumber), "to" }, { content, "file", "a.png" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/instances/shop/sendImage") { Content = form };
        request.Headers.Add("Idempotency-Key", key);
        using var response = await shop.Product.Gateway.Http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(), response.Headers.Contains("Idempotency-Replayed"));
    }

    private static Task<PhoneMessage> ArrivedAsync(VirtualPhone phone, JsonElement answer)
    {
        var id = answer.GetProperty("messageId").GetString();
        return phone.WaitForMessageAsync(message => message.MessageId == id, new CancellationTokenSource(Patience).Token);
    }

    private static string? Pointer(JsonElement problem) => problem.GetProperty("errors")[0].GetProperty("pointer").GetString();
}
