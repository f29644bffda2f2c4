using SkiaSharp;

namespace WhatsApp.Protocol.Media.Pictures;

/// <summary>A picture ready to be encrypted.</summary>
/// <param name="Path">A JPEG.</param>
/// <param name="Width">Pixels, upright.</param>
/// <param name="Height">Pixels, upright.</param>
/// <param name="Thumbnail">A small JPEG for the message.</param>
public sealed record PreparedPicture(string Path, int Width, int Height, byte[] Thumbnail)
{
    /// <summary>Always JPEG.</summary>
    public const string Mimetype = "image/jpeg";
}

/// <summary>
/// Looks into pictures, makes their thumbnails and makes them fit for sending. Synchronous and heavy: for a worker, a few at a time
/// (4 bytes a pixel, up to <see cref="PictureLimits.MaxPixels"/>).
/// </summary>
/// <param name="limits">What may be decoded.</param>
public sealed class PictureWork(PictureLimits limits)
{
    private const int ThumbnailSide = 96;
    private const int ThumbnailQuality = 70;
    private const int MaxThumbnail = 10 * 1024;
    private const int SendQuality = 90;
    private const int MaxSendSide = 4096;

    /// <summary>The header's facts; no pixel is decoded.</summary>
    /// <exception cref="MediaConversionException">Not a picture, or beyond the limits.</exception>
    public PictureFacts Probe(string path)
    {
        using var codec = PictureCodec.Open(path, limits);
        return codec.Facts;
    }

    /// <summary>A JPEG of at most 96 pixels and 10 KiB, upright, transparency on white (wire/05 §7).</summary>
    /// <exception cref="MediaConversionException">Not a picture, broken, or beyond the limits.</exception>
    public byte[] Thumbnail(string path)
    {
        using var codec = PictureCodec.Open(path, limits);
        return Thumbnail(codec);
    }

    /// <summary>
    /// JPEG, upright, without EXIF and other metadata. An upright JPEG keeps its pixels as they are and only loses its metadata; anything else
    /// is drawn anew, no wider or higher than asked.
    /// </summary>
    /// <param name="input">JPEG, PNG, WebP, GIF (first frame) or BMP.</param>
    /// <param name="output">Path of the JPEG to write.</param>
    /// <param name="maxSide">Pixels; larger pictures are made smaller.</param>
    /// <exception cref="MediaConversionException">Not a picture, broken, or beyond the limits.</exception>
    public PreparedPicture Prepare(string input, string output, int maxSide = MaxSendSide)
    {
        using var codec = PictureCodec.Open(input, limits);
        var thumbnail = Thumbnail(codec);
        if (codec is not { Format: SKEncodedImageFormat.Jpeg, IsUpright: true } || Math.Max(codec.Width, codec.Height) > maxSide || !JpegMetadata.TryCopyWithout(input, output))
        {
            using var picture = codec.Decode(maxSide, maxSide);
            using var file = File.Create(output);
            EncodeJpeg(picture, SendQuality, file);
            return new PreparedPicture(output, picture.Width, picture.Height, thumbnail);
        }
        return new PreparedPicture(output, codec.Width, codec.Height, thumbnail);
    }

    private static byte[] Thumbnail(PictureCodec codec)
    {
        using var small = codec.Decode(ThumbnailSide, ThumbnailSide);
        for (var quality = ThumbnailQuality; ; quality -= 20)
        {
            using var jpeg = new MemoryStream();
            EncodeJpeg(small, quality, jpeg);
            if (jpeg.Length <= MaxThumbnail || quality <= 20)
                return jpeg.ToArray();
        }
    }

    private static void EncodeJpeg(SKBitmap picture, int quality, Stream output)
    {
        using var opaque = new SKBitmap(new SKImageInfo(picture.Width, picture.Height, SKColorType.Rgba8888, SKAlphaType.Opaque));
        using (var canvas = new SKCanvas(opaque))
        {
            canvas.Clear(SKColors.White);
            canvas.DrawBitmap(picture, 0, 0, SKSamplingOptions.Default);
        }
        if (!opaque.Encode(output, SKEncodedImageFormat.Jpeg, quality))
            throw new MediaConversionException(ConversionFailure.NotReadable, "The picture cannot be written as JPEG.");
    }
}
