using System.Net.Http.Headers;
using System.Text.Json;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>Files out: REST → conversion → media host → phone, which decrypts them.</summary>
public sealed class MediaSendTests(LinkedShop shop) : IClassFixture<LinkedShop>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_picture_from_base64_arrives_as_a_jpeg_with_its_facts()
    {
        var ana = shop.Product.AddPhone("Ana");

        var seen = await SeenAsync(ana, "sendImage", new { to = ana.PhoneNumber, base64 = "data:image/png;base64," + Convert.ToBase64String(SampleFiles.Png(300, 200)), caption = "look" });

        Assert.Equal(("image", "look", "image/jpeg", 300u, 200u), (seen.Type, seen.Text, seen.Media!.Mimetype, seen.Media.Width!.Value, seen.Media.Height!.Value));
        Assert.InRange(seen.Media.Thumbnail, 100, 10 * 1024);
        Assert.Equal([0xFF, 0xD8, 0xFF], (await ana.ReadMediaAsync(seen.MessageId))[..3]);
    }

    [Fact]
    public async Task A_file_by_multipart_arrives_byte_by_byte_with_its_name_and_caption()
    {
        var ana = shop.Product.AddPhone("Ana");
        var bytes = SampleFiles.Noise(3_000_001);
        using var form = new MultipartFormDataContent { { new StringContent(ana.PhoneNumber), "to" }, { File(bytes, "application/pdf"), "file", "Contract ü.pdf" }, { new StringContent("please sign"), "caption" } };

        var id = await PostAsync("sendFile", form);

        var seen = await ana.WaitForMessageAsync(message => message.MessageId == id, new CancellationTokenSource(Patience).Token);
        Assert.Equal(("document", "please sign", "Contract ü.pdf", (long)bytes.Length), (seen.Type, seen.Text, seen.Media!.FileName, seen.Media.Size));
        Assert.Equal(bytes, await ana.ReadMediaAsync(id));
    }

    [Fact]
    public async Task A_sound_becomes_a_voice_note_with_waveform_and_seconds()
    {
        var ana = shop.Product.AddPhone("Ana");

        var seen = await SeenAsync(ana, "sendAudio", new { to = ana.PhoneNumber, base64 = Convert.ToBase64String(SampleFiles.Wav(seconds: 2)) });

        Assert.Equal(("ptt", "audio/ogg; codecs=opus", 2u), (seen.Type, seen.Media!.Mimetype, seen.Media.Seconds!.Value));
        Assert.Equal(64, Convert.FromBase64String(seen.Media.Waveform!).Length);
        Assert.Equal("OggS"u8.ToArray(), (await ana.ReadMediaAsync(seen.MessageId))[..4]);
    }

    [Fact]
    public async Task An_upload_is_sent_several_times_as_different_kinds()
    {
        var ana = shop.Product.AddPhone("Ana");
        using var form = new MultipartFormDataContent { { File(SampleFiles.Png(64, 64), "image/png"), "file", "logo.png" } };
        using var uploaded = await shop.Product.Gateway.Http.PostAsync("/instances/shop/media", form);
        var upload = JsonElement.Parse(await uploaded.Content.ReadAsStringAsync());
        Assert.Equal((201, "image/png", "logo.png"), ((int)uploaded.StatusCode, upload.GetProperty("mimetype").GetString(), upload.GetProperty("fileName").GetString()));
        var mediaId = upload.GetProperty("mediaId").GetString();

        var picture = await SeenAsync(ana, "sendImage", new { to = ana.PhoneNumber, mediaId, viewOnce = true });
        var sticker = await SeenAsync(ana, "sendSticker", new { to = ana.PhoneNumber, mediaId, pack = "Logos", author = "Shop" });
        var document = await SeenAsync(ana, "sendFile", new { to = ana.PhoneNumber, mediaId });

        Assert.True(picture.Content.ViewOnceMessage is not null);
        Assert.Equal(("sticker", "image/webp", 512u), (sticker.Type, sticker.Media!.Mimetype, sticker.Media.Width!.Value));
        Assert.Equal(("document", "logo.png", "image/png"), (document.Type, document.Media!.FileName, document.Media.Mimetype));
    }

    [Fact]
    public async Task A_lid_takes_files_too_and_a_reply_keeps_its_quote()
    {
        var ana = shop.Product.AddPhone("Ana");
        var (_, text) = await shop.PostAsync("sendMessage", new { to = ana.PhoneNumber, message = "first" });
        var first = text.GetProperty("messageId").GetString()!;

        var seen = await SeenAsync(ana, "sendToLid", new { lid = ana.Lid.User, type = "image", base64 = Convert.ToBase64String(SampleFiles.Png(20, 20)), quoted = first });

        Assert.Equal(("image", first), (seen.Type, PhoneContent.Read(seen).QuotedId));
    }

    [Fact]
    public async Task A_sent_picture_is_forwarded_without_a_second_upload()
    {
        var (ana, bia) = (shop.Product.AddPhone("Ana"), shop.Product.AddPhone("Bia"));
        var seen = await SeenAsync(ana, "sendImage", new { to = ana.PhoneNumber, base64 = Convert.ToBase64String(SampleFiles.Png(20, 20)) });

        var (_, forward) = await shop.PostAsync($"messages/{seen.MessageId}/forward", new { to = bia.PhoneNumber });

        var again = await bia.WaitForMessageAsync(message => message.MessageId == forward.GetProperty("messageId").GetString(), new CancellationTokenSource(Patience).Token);
        Assert.Equal(seen.Media!.DirectPath, again.Media!.DirectPath);
        Assert.Equal(await ana.ReadMediaAsync(seen.MessageId), await bia.ReadMediaAsync(again.MessageId));
    }

    [Fact]
    public async Task Nothing_of_a_send_that_is_over_stays_in_store()
    {
        var ana = shop.Product.AddPhone("Ana");

        await SeenAsync(ana, "sendImage", new { to = ana.PhoneNumber, base64 = Convert.ToBase64String(SampleFiles.Png(20, 20)) });

        var staging = Path.Combine(shop.Product.DataDirectory, "media", "staging", "shop");
        Assert.True(!Directory.Exists(staging) || Directory.GetFiles(staging).Length == 0);
    }

    private async Task<PhoneMessage> SeenAsync(VirtualPhone phone, string path, object body)
    {
        var (status, answer) = await shop.PostAsync(path, body);
        Assert.True(status == 200, answer.ToString());
        var id = answer.GetProperty("messageId").GetString();
        return await phone.WaitForMessageAsync(message => message.MessageId == id, new CancellationTokenSource(Patience).Token);
    }

    private async Task<string> PostAsync(string path, HttpContent content)
    {
        using var response = await shop.Product.Gateway.Http.PostAsync("/instances/shop/" + path, content);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        return JsonElement.Parse(text).GetProperty("messageId").GetString()!;
    }

    private static ByteArrayContent File(byte[] bytes, string type) => new(bytes) { Headers = { ContentType = new MediaTypeHeaderValue(type) } };
}
