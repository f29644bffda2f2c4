using System.Buffers.Binary;
using System.Text.Json;
using SkiaSharp;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Ffmpeg;
using WhatsApp.Protocol.Media.Pictures;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class StickerTests : IDisposable
{
    private static readonly StickerMetadata Metadata = new("Paket 🌮", "Ünal") { PackId = "id1", Emojis = ["🌮"] };
    private readonly MediaFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(300, 100, SKEncodedImageFormat.Png), InlineData(2000, 1500, SKEncodedImageFormat.Jpeg), InlineData(64, 900, SKEncodedImageFormat.Webp)]
    public async Task A_picture_becomes_a_sticker(int width, int height, SKEncodedImageFormat format)
    {
        var sticker = await PrepareAsync(_folder.Draw("a", width, height, format, canvas => canvas.Clear(SKColors.Red)));

        Assert.False(sticker.IsAnimated);
        Assert.Equal(0, sticker.FirstFrameLength);
        Assert.InRange(sticker.Webp.Length, 1, 101 * 1024);
        using var picture = SKBitmap.Decode(sticker.Webp);
        Assert.Equal((512, 512), (picture.Width, picture.Height));
        Assert.Equal(0, picture.GetPixel(0, 0).Alpha + (width == height ? 0 : picture.GetPixel(511, 511).Alpha));
        Assert.True(picture.GetPixel(256, 256) is { Alpha: > 250, Red: > 200 });
        Assert.Empty(_folder.Others("a"));
    }

    [Fact]
    public async Task A_stickers_metadata_can_be_read_back()
    {
        var sticker = await PrepareAsync(_folder.Draw("a.png", 300, 100, SKEncodedImageFormat.Png, canvas => canvas.Clear(SKColors.Red)));
        var exif = WebpFile.Exif(sticker.Webp).ToArray();

        Assert.Equal("49492a0008000000010041570700", Convert.ToHexStringLower(exif[..14]));
        Assert.Equal(exif.Length - 22, BinaryPrimitives.ReadInt32LittleEndian(exif.AsSpan(14)));
        Assert.Equal(22, BinaryPrimitives.ReadInt32LittleEndian(exif.AsSpan(18)));
        using var json = JsonDocument.Parse(exif.AsMemory(22));
        Assert.Equal("id1", json.RootElement.GetProperty("sticker-pack-id").GetString());
        Assert.Equal("Paket 🌮", json.RootElement.GetProperty("sticker-pack-name").GetString());
        Assert.Equal("Ünal", json.RootElement.GetProperty("sticker-pack-publisher").GetString());
        Assert.Equal("🌮", json.RootElement.GetProperty("emojis")[0].GetString());
        Assert.Equal(sticker.Webp.Length - 8, BinaryPrimitives.ReadInt32LittleEndian(sticker.Webp.AsSpan(4)));
    }

    [Fact]
    public async Task A_noisy_picture_still_fits_into_100_KiB()
    {
        var random = new Random(1);
        var input = _folder.Draw("a.png", 512, 512, SKEncodedImageFormat.Png, canvas =>
        {
            for (var i = 0; i < 512 * 512; i++)
                canvas.DrawPoint(i % 512, i / 512, new SKColor((uint)random.Next() | 0xFF000000));
        });

        Assert.InRange((await PrepareAsync(input)).Webp.Length, 1, 101 * 1024);
    }

    [Fact]
    public async Task An_animated_gif_becomes_an_animated_sticker()
    {
        var sticker = await PrepareAsync(await _folder.VideoAsync("a.gif", "120x80", 2));

        Assert.True(sticker.IsAnimated);
        Assert.InRange(sticker.Webp.Length, 1, 501 * 1024);
        Assert.Equal(FirstFrameEnd(sticker.Webp), sticker.FirstFrameLength);
        using var codec = SKCodec.Create(new MemoryStream(sticker.Webp));
        Assert.Equal((512, 512), (codec.Info.Width, codec.Info.Height));
        Assert.InRange(codec.FrameCount, 15, 20);
        Assert.InRange(codec.FrameInfo.Sum(frame => frame.Duration), 1800, 2200);
    }

    [Fact]
    public async Task A_long_animation_keeps_its_speed_and_ends_after_ten_seconds()
    {
        var sticker = await PrepareAsync(await _folder.VideoAsync("a.gif", "64x64", 15));

        using var codec = SKCodec.Create(new MemoryStream(sticker.Webp));
        Assert.InRange(codec.FrameCount, 10, 60);
        Assert.InRange(codec.FrameInfo.Sum(frame => frame.Duration), 9_500, 10_000);
        Assert.InRange(sticker.Webp.Length, 1, 501 * 1024);
    }

    [Fact]
    public async Task A_video_becomes_an_animated_sticker()
    {
        var sticker = await PrepareAsync(await _folder.VideoWithSoundAsync("a.mp4", "160x120", 3, "-c:v", "libx264", "-pix_fmt", "yuv420p"));

        Assert.True(sticker.IsAnimated);
        using var codec = SKCodec.Create(new MemoryStream(sticker.Webp));
        Assert.InRange(codec.FrameInfo.Sum(frame => frame.Duration), 2_500, 3_500);
        Assert.Empty(_folder.Others("a.mp4"));
    }

    [Fact]
    public async Task A_fitting_sticker_keeps_its_pixels_and_gets_our_metadata()
    {
        var made = await PrepareAsync(await _folder.VideoAsync("a.gif", "64x64", 1));
        var other = new StickerMetadata("other", "other");

        var again = await new Stickers(_folder.Ffmpeg, new PictureLimits()).PrepareAsync(_folder.Write("b.webp", made.Webp), _folder.Path, other, CancellationToken.None);

        Assert.True(again.IsAnimated);
        Assert.Equal(Chunks(made.Webp).Where(chunk => chunk.Name != "EXIF").Select(chunk => chunk.Bytes), Chunks(again.Webp).Where(chunk => chunk.Name != "EXIF").Select(chunk => chunk.Bytes));
        Assert.Single(Chunks(again.Webp), chunk => chunk.Name == "EXIF");
        Assert.Contains("other", System.Text.Encoding.UTF8.GetString(WebpFile.Exif(again.Webp)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_simple_file_becomes_an_extended_one_that_still_opens()
    {
        var simple = File.ReadAllBytes(_folder.Draw("a.webp", 30, 20, SKEncodedImageFormat.Webp, canvas => canvas.Clear(SKColors.Red)));
        var tagged = WebpFile.WithExif(simple, 30, 20, [1, 2, 3]);

        Assert.Equal([1, 2, 3], WebpFile.Exif(tagged).ToArray());
        Assert.Equal("VP8X", Chunks(tagged)[0].Name);
        Assert.Equal(0x08, Chunks(tagged)[0].Bytes[0] & 0x08);
        using var picture = SKBitmap.Decode(tagged);
        Assert.Equal((30, 20), (picture.Width, picture.Height));
    }

    [Fact]
    public async Task What_is_no_picture_is_refused()
    {
        _folder.Write("text.webp", [.. "RIFF\x10\0\0\0WEBPVP8 "u8, .. new byte[20]]);
        _folder.Write("text.png", [.. "hello"u8]);
        _folder.Write("a.mp4", [0, 0, 0, 16, .. "ftypisom"u8, .. new byte[40]]);

        foreach (var name in new[] { "text.webp", "text.png", "a.mp4" })
            await MediaFolder.FailsAsync(ConversionFailure.NotReadable, () => PrepareAsync(_folder.File(name)));
    }

    [Fact]
    public async Task Without_ffmpeg_pictures_still_become_stickers_and_videos_do_not()
    {
        using var missing = new FfmpegProcess(MediaFolder.Missing, TimeProvider.System);
        var stickers = new Stickers(missing, new PictureLimits());
        var picture = _folder.Draw("a.png", 10, 10, SKEncodedImageFormat.Png, canvas => canvas.Clear(SKColors.Red));
        var video = await _folder.VideoAsync("a.mp4", "64x64", 1);

        Assert.False((await stickers.PrepareAsync(picture, _folder.Path, Metadata, CancellationToken.None)).IsAnimated);
        await MediaFolder.FailsAsync(ConversionFailure.ToolMissing, () => stickers.PrepareAsync(video, _folder.Path, Metadata, CancellationToken.None));
    }

    [Theory, InlineData("52494646"), InlineData("524946460000000057454250"), InlineData("52494646ffffffff57454250565038580affffff"), InlineData("")]
    public void Malformed_webp_has_no_frames_and_no_metadata(string hex)
    {
        var bytes = Convert.FromHexString(hex);

        Assert.Equal(0, WebpFile.FirstFrameLength(bytes));
        Assert.True(WebpFile.Exif(bytes).IsEmpty);
    }

    private Task<PreparedSticker> PrepareAsync(string input) =>
        new Stickers(_folder.Ffmpeg, new PictureLimits()).PrepareAsync(input, _folder.Path, Metadata, CancellationToken.None);

    private static List<(string Name, byte[] Bytes, int End)> Chunks(byte[] webp)
    {
        List<(string, byte[], int)> chunks = [];
        for (var position = 12; position + 8 <= webp.Length;)
        {
            var size = BinaryPrimitives.ReadInt32LittleEndian(webp.AsSpan(position + 4));
            var end = position + 8 + size + size % 2;
            chunks.Add((System.Text.Encoding.ASCII.GetString(webp, position, 4), webp[(position + 8)..(position + 8 + size)], end));
            position = end;
        }
        return chunks;
    }

    private static int FirstFrameEnd(byte[] webp) => Chunks(webp).First(chunk => chunk.Name == "ANMF").End;
}
