using System.Buffers.Binary;
using SkiaSharp;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Pictures;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class PictureTests : IDisposable
{
    private static readonly PictureWork Work = new(new PictureLimits());
    private readonly MediaFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(SKEncodedImageFormat.Jpeg, "image/jpeg"), InlineData(SKEncodedImageFormat.Png, "image/png"), InlineData(SKEncodedImageFormat.Webp, "image/webp")]
    public void A_picture_is_known_by_its_content(SKEncodedImageFormat format, string mimetype) =>
        Assert.Equal(new PictureFacts(mimetype, 640, 480, 1), Work.Probe(_folder.Draw("wrong-name.txt", 640, 480, format, canvas => canvas.Clear(SKColors.Red))));

    [Theory, InlineData(4000, 100, 96, 2), InlineData(100, 4000, 2, 96), InlineData(1000, 1000, 96, 96), InlineData(20, 10, 20, 10)]
    public void A_thumbnail_is_a_small_jpeg(int width, int height, int small, int low)
    {
        var thumbnail = Work.Thumbnail(_folder.Draw("a.png", width, height, SKEncodedImageFormat.Png, canvas => canvas.Clear(SKColors.Green)));

        Assert.InRange(thumbnail.Length, 1, 10 * 1024);
        Assert.Equal(new PictureFacts("image/jpeg", small, low, 1), Work.Probe(_folder.Write("t.jpg", thumbnail)));
    }

    [Fact]
    public void A_noisy_pictures_thumbnail_stays_below_10_KiB()
    {
        var random = new Random(1);
        var thumbnail = Work.Thumbnail(_folder.Draw("a.png", 96, 96, SKEncodedImageFormat.Png, canvas =>
        {
            for (var y = 0; y < 96; y++)
                for (var x = 0; x < 96; x++)
                    canvas.DrawPoint(x, y, new SKColor((uint)random.Next() | 0xFF000000));
        }));

        Assert.InRange(thumbnail.Length, 1, 10 * 1024);
    }

    [Fact]
    public void An_image_bomb_is_refused_before_its_pixels_take_memory()
    {
        var bomb = _folder.Write("bomb.png", PngHeader(60_000, 60_000));
        var before = Environment.WorkingSet;

        foreach (Action act in new Action[] { () => Work.Probe(bomb), () => Work.Thumbnail(bomb), () => Work.Prepare(bomb, _folder.File("out.jpg")) })
            Assert.Equal(ConversionFailure.TooLarge, Assert.Throws<MediaConversionException>(act).Failure);
        Assert.True(Environment.WorkingSet - before < 1024L * 1024 * 1024);
        Assert.Equal(ConversionFailure.TooLarge, Assert.Throws<MediaConversionException>(() => Work.Probe(_folder.Write("b.png", PngHeader(29_000, 29_000)))).Failure);
    }

    [Fact]
    public async Task An_animation_with_too_many_or_too_large_frames_is_refused()
    {
        var gif = await _folder.VideoAsync("a.gif", "64x64", 3);
        Assert.Equal(new PictureFacts("image/gif", 64, 64, 30), Work.Probe(gif));

        Assert.Equal(ConversionFailure.TooLarge, Assert.Throws<MediaConversionException>(() => new PictureWork(new PictureLimits { MaxFrames = 29 }).Probe(gif)).Failure);
        Assert.Equal(ConversionFailure.TooLarge, Assert.Throws<MediaConversionException>(() => new PictureWork(new PictureLimits { MaxAnimatedPixels = 4_000 }).Probe(gif)).Failure);
    }

    [Theory, InlineData(1, "RGBW"), InlineData(2, "GRWB"), InlineData(3, "WBGR"), InlineData(4, "BWRG"), InlineData(5, "RBGW"), InlineData(6, "BRWG"), InlineData(7, "WGBR"), InlineData(8, "GWRB")]
    public void Pictures_are_turned_upright(byte orientation, string corners)
    {
        // Stored: red top left, green top right, blue bottom left, white bottom right; 80 × 40.
        var plain = File.ReadAllBytes(_folder.Draw("a.jpg", 80, 40, SKEncodedImageFormat.Jpeg, canvas =>
        {
            canvas.Clear(SKColors.White);
            Fill(canvas, 0, 0, 40, 20, SKColors.Red);
            Fill(canvas, 40, 0, 40, 20, SKColors.Lime);
            Fill(canvas, 0, 20, 40, 20, SKColors.Blue);
        }));
        var turned = _folder.Write("turned.jpg", WithExif(plain, orientation));

        var prepared = Work.Prepare(turned, _folder.File("out.jpg"));

        Assert.Equal(orientation < 5 ? (80, 40) : (40, 80), (prepared.Width, prepared.Height));
        Assert.Equal(corners, Corners(File.ReadAllBytes(prepared.Path)));
        Assert.Equal(corners, Corners(prepared.Thumbnail));
        Assert.Equal((prepared.Width, prepared.Height), (Work.Probe(prepared.Path).Width, Work.Probe(prepared.Path).Height));
    }

    [Fact]
    public void An_upright_jpeg_loses_its_metadata_and_nothing_else()
    {
        var plain = File.ReadAllBytes(_folder.Draw("a.jpg", 80, 40, SKEncodedImageFormat.Jpeg, canvas => canvas.Clear(SKColors.Red)));
        var input = _folder.Write("tagged.jpg", WithExif(plain, 1));

        var prepared = Work.Prepare(input, _folder.File("out.jpg"));

        Assert.Equal(plain, File.ReadAllBytes(prepared.Path));
        Assert.DoesNotContain("Exif", System.Text.Encoding.Latin1.GetString(File.ReadAllBytes(prepared.Path)), StringComparison.Ordinal);
    }

    [Theory, InlineData(SKEncodedImageFormat.Png), InlineData(SKEncodedImageFormat.Webp)]
    public void Other_pictures_become_jpeg_on_white(SKEncodedImageFormat format)
    {
        var prepared = Work.Prepare(_folder.Draw("a", 50, 30, format, canvas => Fill(canvas, 0, 0, 10, 10, SKColors.Red)), _folder.File("out.jpg"));

        Assert.Equal(new PictureFacts("image/jpeg", 50, 30, 1), Work.Probe(prepared.Path));
        using var picture = SKBitmap.Decode(prepared.Path);
        Assert.Equal('W', Name(picture.GetPixel(45, 25)));
        Assert.Equal('R', Name(picture.GetPixel(4, 4)));
    }

    [Fact]
    public void A_turned_photo_beyond_the_limit_is_decoded_smaller()
    {
        var plain = File.ReadAllBytes(_folder.Draw("a.jpg", 2000, 1000, SKEncodedImageFormat.Jpeg, canvas => canvas.Clear(SKColors.Red)));
        var small = new PictureWork(new PictureLimits { MaxPixels = 600_000 });

        var prepared = small.Prepare(_folder.Write("turned.jpg", WithExif(plain, 6)), _folder.File("out.jpg"));

        Assert.InRange((long)prepared.Width * prepared.Height, 100_000, 600_000);
        Assert.Equal(2 * prepared.Width, prepared.Height);
    }

    [Theory, InlineData("hello"), InlineData(""), InlineData("<svg xmlns=\"http://www.w3.org/2000/svg\"/>"), InlineData("\u0089PNG")]
    public void What_is_no_picture_is_refused(string content) =>
        Assert.Equal(ConversionFailure.NotReadable,
            Assert.Throws<MediaConversionException>(() => Work.Thumbnail(_folder.Write("a.jpg", System.Text.Encoding.Latin1.GetBytes(content)))).Failure);

    private static void Fill(SKCanvas canvas, int x, int y, int width, int height, SKColor color)
    {
        using var paint = new SKPaint { Color = color };
        canvas.DrawRect(x, y, width, height, paint);
    }

    private static string Corners(byte[] jpeg)
    {
        using var picture = SKBitmap.Decode(jpeg);
        var (right, bottom) = (picture.Width - 6, picture.Height - 6);
        return new string([Name(picture.GetPixel(5, 5)), Name(picture.GetPixel(right, 5)), Name(picture.GetPixel(5, bottom)), Name(picture.GetPixel(right, bottom))]);
    }

    private static char Name(SKColor color) => (color.Red > 128, color.Green > 128, color.Blue > 128) switch
    {
        (true, false, false) => 'R',
        (false, true, false) => 'G',
        (false, false, true) => 'B',
        (true, true, true) => 'W',
        _ => '?',
    };

    // APP1 "Exif", little-endian TIFF, one entry: orientation (0112), SHORT.
    private static byte[] WithExif(byte[] jpeg, byte orientation)
    {
        byte[] exif = [.. "Exif\0\0II*\0"u8, 8, 0, 0, 0, 1, 0, 0x12, 0x01, 3, 0, 1, 0, 0, 0, orientation, 0, 0, 0, 0, 0, 0, 0];
        return [0xFF, 0xD8, 0xFF, 0xE1, 0, (byte)(exif.Length + 2), .. exif, 0xFF, 0xFE, 0, 8, .. "secret"u8, .. jpeg[2..]];
    }

    // A valid header, then nothing.
    private static byte[] PngHeader(int width, int height)
    {
        var chunk = new byte[17];
        "IHDR"u8.CopyTo(chunk);
        BinaryPrimitives.WriteInt32BigEndian(chunk.AsSpan(4), width);
        BinaryPrimitives.WriteInt32BigEndian(chunk.AsSpan(8), height);
        (chunk[12], chunk[13]) = (8, 6);
        var crc = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(crc, Crc32(chunk));
        return [0x89, .. "PNG\r\n\x1A\n"u8, 0, 0, 0, 13, .. chunk, .. crc, 0, 0, 0, 0, .. "IDAT"u8, 0x35, 0xAF, 0x06, 0x1E];
    }

    private static uint Crc32(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var part in bytes)
        {
            crc ^= part;
            for (var bit = 0; bit < 8; bit++)
                crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
