using SkiaSharp;

namespace WhatsApp.Protocol.Media.Pictures;

/// <summary>What a picture file's header says.</summary>
/// <param name="Mimetype">By content.</param>
/// <param name="Width">Pixels, upright.</param>
/// <param name="Height">Pixels, upright.</param>
/// <param name="Frames">1 for a still picture.</param>
public sealed record PictureFacts(string Mimetype, int Width, int Height, int Frames);

/// <summary>A picture file opened for decoding, its limits checked. Not thread-safe.</summary>
internal sealed class PictureCodec : IDisposable
{
    private const float SmallestScale = 0.125f;
    private readonly SKCodec _codec;
    private readonly PictureLimits _limits;

    private PictureCodec(SKCodec codec, PictureLimits limits) => (_codec, _limits) = (codec, limits);

    public int Width => IsTurned ? _codec.Info.Height : _codec.Info.Width;
    public int Height => IsTurned ? _codec.Info.Width : _codec.Info.Height;
    public SKEncodedImageFormat Format => _codec.EncodedFormat;
    public bool IsUpright => _codec.EncodedOrigin is SKEncodedOrigin.TopLeft;
    /// <summary>1 for a still picture.</summary>
    public int Frames => Math.Max(1, _codec.FrameCount);

    private bool IsTurned => _codec.EncodedOrigin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;

    public PictureFacts Facts => new(Format switch
    {
        SKEncodedImageFormat.Jpeg => "image/jpeg",
        SKEncodedImageFormat.Png => "image/png",
        SKEncodedImageFormat.Webp => "image/webp",
        SKEncodedImageFormat.Gif => "image/gif",
        SKEncodedImageFormat.Bmp => "image/bmp",
        _ => FileSignature.Unknown,
    }, Width, Height, Frames);

    /// <exception cref="MediaConversionException">Not a picture, or beyond the limits.</exception>
    public static PictureCodec Open(string path, PictureLimits limits)
    {
        var codec = SKCodec.Create(path) ?? throw new MediaConversionException(ConversionFailure.NotReadable, "The file is not a picture that can be read.");
        try
        {
            Check(codec, limits);
            return new PictureCodec(codec, limits);
        }
        catch
        {
            codec.Dispose();
            throw;
        }
    }

    /// <summary>The picture (or first frame), upright, shrunk to fit the box; never enlarged unless asked.</summary>
    /// <exception cref="MediaConversionException">Broken.</exception>
    public SKBitmap Decode(int maxWidth, int maxHeight, bool enlarge = false)
    {
        using var raw = DecodeNear(Math.Max(maxWidth, maxHeight));
        return Fit(raw, _codec.EncodedOrigin, maxWidth, maxHeight, enlarge);
    }

    /// <summary>Frames in order with their durations, each drawn into the box; the bitmap is valid until the next one.</summary>
    /// <exception cref="MediaConversionException">Broken.</exception>
    public IEnumerable<(SKBitmap Frame, int Milliseconds)> DecodeFrames(int box)
    {
        var frames = _codec.FrameInfo;
        var info = new SKImageInfo(_codec.Info.Width, _codec.Info.Height, SKColorType.Rgba8888, SKAlphaType.Premul);
        using var canvas = new SKBitmap(info);
        for (var i = 0; i < frames.Length; i++)
        {
            var keepsPrior = i > 0 && frames[i].RequiredFrame >= 0 && frames[i - 1].DisposalMethod != SKCodecAnimationDisposalMethod.RestorePrevious;
            if (!keepsPrior)
                canvas.Erase(SKColors.Transparent);
            var options = keepsPrior ? new SKCodecOptions(i, i - 1) : new SKCodecOptions(i);
            if (_codec.GetPixels(info, canvas.GetPixels(), options) is not (SKCodecResult.Success or SKCodecResult.IncompleteInput))
                throw Broken();
            using var frame = Fit(canvas, _codec.EncodedOrigin, box, box, enlarge: true);
            yield return (frame, Math.Max(20, frames[i].Duration));
        }
    }

    public void Dispose() => _codec.Dispose();

    private static void Check(SKCodec codec, PictureLimits limits)
    {
        var info = codec.Info;
        if (info.Width <= 0 || info.Height <= 0)
            throw Broken();
        // JPEG can be decoded at 1/8: it may be larger than what is ever held.
        var scaled = codec.EncodedFormat == SKEncodedImageFormat.Jpeg ? 64 : 1;
        if (info.Width > limits.MaxSide || info.Height > limits.MaxSide || (long)info.Width * info.Height > limits.MaxPixels * scaled)
            throw TooLarge();
        if (codec.EncodedFormat is SKEncodedImageFormat.Gif or SKEncodedImageFormat.Webp && codec.FrameCount > 1
            && (codec.FrameCount > limits.MaxFrames || (long)info.Width * info.Height > limits.MaxAnimatedPixels))
            throw TooLarge();
    }

    private SKBitmap DecodeNear(int wanted)
    {
        var size = _codec.Info.Size;
        // Twice the wanted size gives a smooth result; what does not fit into the limit is decoded smaller, down to 1/8, where the format can.
        for (var scale = 2f * wanted / Math.Max(size.Width, size.Height); scale < 1 || !Fits(size); scale /= 2)
        {
            size = _codec.GetScaledDimensions(Math.Clamp(scale, SmallestScale, 1));
            if (Fits(size))
                break;
            if (scale <= SmallestScale)
                throw TooLarge();
        }
        var info = new SKImageInfo(size.Width, size.Height, SKColorType.Rgba8888, SKAlphaType.Premul);
        var bitmap = new SKBitmap(info);
        if (_codec.GetPixels(info, bitmap.GetPixels()) is SKCodecResult.Success or SKCodecResult.IncompleteInput)
            return bitmap;
        bitmap.Dispose();
        throw Broken();
    }

    private bool Fits(SKSizeI size) => (long)size.Width * size.Height <= _limits.MaxPixels;

    private static SKBitmap Fit(SKBitmap raw, SKEncodedOrigin origin, int maxWidth, int maxHeight, bool enlarge)
    {
        var turned = origin is SKEncodedOrigin.LeftTop or SKEncodedOrigin.RightTop or SKEncodedOrigin.RightBottom or SKEncodedOrigin.LeftBottom;
        var (width, height) = turned ? (raw.Height, raw.Width) : (raw.Width, raw.Height);
        var scale = Math.Min((double)maxWidth / width, (double)maxHeight / height);
        if (!enlarge)
            scale = Math.Min(1, scale);
        var (w, h) = (Math.Max(1, (int)Math.Round(width * scale)), Math.Max(1, (int)Math.Round(height * scale)));
        var fitted = new SKBitmap(new SKImageInfo(w, h, SKColorType.Rgba8888, SKAlphaType.Premul));
        using var canvas = new SKCanvas(fitted);
        canvas.Clear(SKColors.Transparent);
        canvas.Scale((float)w / width, (float)h / height);
        canvas.Concat(Upright(origin, raw.Width, raw.Height));
        using var image = SKImage.FromBitmap(raw);
        canvas.DrawImage(image, 0, 0, new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear));
        return fitted;
    }

    // EXIF orientation: where the first row and column of the stored picture belong.
    private static SKMatrix Upright(SKEncodedOrigin origin, int width, int height) => origin switch
    {
        SKEncodedOrigin.TopRight => new SKMatrix(-1, 0, width, 0, 1, 0, 0, 0, 1),
        SKEncodedOrigin.BottomRight => new SKMatrix(-1, 0, width, 0, -1, height, 0, 0, 1),
        SKEncodedOrigin.BottomLeft => new SKMatrix(1, 0, 0, 0, -1, height, 0, 0, 1),
        SKEncodedOrigin.LeftTop => new SKMatrix(0, 1, 0, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightTop => new SKMatrix(0, -1, height, 1, 0, 0, 0, 0, 1),
        SKEncodedOrigin.RightBottom => new SKMatrix(0, -1, height, -1, 0, width, 0, 0, 1),
        SKEncodedOrigin.LeftBottom => new SKMatrix(0, 1, 0, -1, 0, width, 0, 0, 1),
        _ => SKMatrix.Identity,
    };

    private static MediaConversionException Broken() => new(ConversionFailure.NotReadable, "The picture is broken.");

    private static MediaConversionException TooLarge() => new(ConversionFailure.TooLarge, "The picture has more pixels or frames than allowed.");
}
