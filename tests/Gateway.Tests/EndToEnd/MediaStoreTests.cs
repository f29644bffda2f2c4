using System.Text.Json;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Tests.Media;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>The product with its files in S3, on a machine without ffmpeg.</summary>
public sealed class MediaStoreTests(S3Fixture s3) : IClassFixture<S3Fixture>
{
    [Fact]
    public async Task Files_go_through_a_bucket_and_what_needs_ffmpeg_says_so()
    {
        var options = s3.Options("whatsapp-media");
        await using var product = await Product.StartAsync(new()
        {
            ["MINIO_ENDPOINT"] = options.Endpoint.ToString(),
            ["MINIO_ACCESS_KEY"] = options.AccessKey,
            ["MINIO_SECRET_KEY"] = options.SecretKey,
            ["MINIO_BUCKET"] = options.Bucket,
            ["Media__Ffmpeg"] = "no-such-ffmpeg",
            ["Media__Ffprobe"] = "no-such-ffprobe",
        });
        var (shop, ana) = (product.AddPhone("Shop"), product.AddPhone("Ana"));
        await product.Gateway.LinkAsync("shop", shop, null);
        var bytes = SampleFiles.Noise(2_000_000);
        using var form = new MultipartFormDataContent { { new StringContent(ana.PhoneNumber), "to" }, { new ByteArrayContent(bytes), "file", "data.bin" } };

        using var response = await product.Gateway.Http.PostAsync("/instances/shop/sendFile", form);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(response.IsSuccessStatusCode, text);
        var id = JsonElement.Parse(text).GetProperty("messageId").GetString()!;
        await ana.WaitForMessageAsync(message => message.MessageId == id, new CancellationTokenSource(TimeSpan.FromSeconds(60)).Token);
        Assert.Equal(bytes, await ana.ReadMediaAsync(id));

        var refused = await product.Gateway.PostAsync("/instances/shop/sendAudio", new { to = ana.PhoneNumber, base64 = Convert.ToBase64String(SampleFiles.Wav(1)) }, 415);
        Assert.Equal("no-such-ffmpeg is not installed: it is needed for this format.", refused.GetProperty("detail").GetString());

        var kept = await product.Gateway.PostAsync("/instances/shop/media", new { base64 = Convert.ToBase64String(SampleFiles.Png(9, 9)), fileName = "a.png" }, 201);
        await product.Gateway.PostAsync("/instances/shop/sendImage", new { to = ana.PhoneNumber, mediaId = kept.GetProperty("mediaId").GetString() }, 200);

        using var store = new S3ObjectStore(options, product.DataDirectory, TimeProvider.System);
        await foreach (var left in store.ListAsync("staging/", default))
            Assert.Fail(left.Key + " was left");
        var uploads = new List<string>();
        await foreach (var entry in store.ListAsync("uploads/shop/", default))
            uploads.Add(entry.Key);
        Assert.Equal(2, uploads.Count);
    }
}
