using System.Globalization;
using SkiaSharp;
using WhatsApp.Protocol.Media.Ffmpeg;
using WhatsApp.Protocol.Media.Video;

namespace WhatsApp.Protocol.Media.Pictures;

/// <summary>A sticker ready to be encrypted.</summary>
/// <param name="Webp">The file.</param>
/// <param name="IsAnimated">For the message.</param>
/// <param name="FirstFrameLength">For the message and its sidecar; 0 when not animated.</param>
public sealed record PreparedSticker(byte[] Webp, bool IsAnimated, int FirstFrameLength)
{
    /// <summary>Width and height.</summary>
    public const int Side = 512;
    /// <summary>Always WebP.</summary>
    public const string Mimetype = "image/webp";
}

/// <summary>
/// Makes stickers (wire/05 §7): WebP 512×512 on transparent ground, at most 100 KiB still or 500 KiB and 10 s animated, with the pack's metadata.
/// Heavy: for a worker, a few at a time (about 1 MiB a frame, 60 frames at most).
/// </summary>
/// <param name="ffmpeg">For videos.</param>
/// <param name="limits">What may be decoded.</param>
public sealed class Stickers(IFfmpeg ffmpeg, PictureLimits limits)
{
    private const int MaxStill = 100 * 1024;
    private const int MaxAnimated = 500 * 1024;
    private const int MaxFrames = 60;
    private const int MaxMilliseconds = 10_000;
    private static readonly int[] StillQualities = [90, 75, 60, 45, 30, 15, 5];
    private static readonly int[] AnimatedQualities = [75, 50, 30, 15, 5];

    /// <summary>A sticker from a picture, an animation or a video.</summary>
    /// <param name="input">PNG, JPEG, WebP, GIF, or a video ffmpeg reads.</param>
    /// <param name="folder">For temporary files.</param>
    /// <param name="metadata">Pack and author.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="MediaConversionException">Not readable, beyond the limits, or ffmpeg is missing and needed.</exception>
    public async Task<PreparedSticker> PrepareAsync(string input, string folder, StickerMetadata metadata, CancellationToken cancellationToken)
    {
        var mimetype = await FileSignature.OfFileAsync(input, cancellationToken);
        if (mimetype.StartsWith("video/", StringComparison.Ordinal))
            return WithMetadata(await FromVideoAsync(input, folder, cancellationToken), metadata);
        using var codec = PictureCodec.Open(input, limits);
        if (mimetype == PreparedSticker.Mimetype && codec is { Width: PreparedSticker.Side, Height: PreparedSticker.Side } && AsItIs(input, codec.Frames > 1) is { } ready)
            return WithMetadata(ready, metadata);
        return WithMetadata(codec.Frames > 1 ? FromFrames(codec, cancellationToken) : FromStill(codec), metadata);
    }

    private static byte[]? AsItIs(string input, bool animated)
    {
        var length = new FileInfo(input).Length;
        return length <= (animated ? MaxAnimated : MaxStill) ? File.ReadAllBytes(input) : null;
    }

    private static byte[] FromStill(PictureCodec codec)
    {
        using var picture = codec.Decode(PreparedSticker.Side, PreparedSticker.Side, enlarge: true);
        using var square = Square(picture);
        using var pixels = square.PeekPixels();
        foreach (var quality in StillQualities)
        {
            using var webp = SKWebpEncoder.Encode(pixels, new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossy, quality));
            if (webp is { Size: <= MaxStill })
                return webp.ToArray();
        }
        throw new MediaConversionException(ConversionFailure.TooLarge, "The sticker stays larger than 100 KiB.");
    }

    private static byte[] FromFrames(PictureCodec codec, CancellationToken cancellationToken)
    {
        var source = new List<(SKBitmap Frame, int Milliseconds)>();
        try
        {
            CollectFrames(codec, source, cancellationToken);
            return EncodeFrames(source, cancellationToken);
        }
        finally
        {
            foreach (var (frame, _) in source)
                frame.Dispose();
        }
    }

    // Of a long animation only every n-th frame is kept, shown n times as long.
    private static void CollectFrames(PictureCodec codec, List<(SKBitmap Frame, int Milliseconds)> kept, CancellationToken cancellationToken)
    {
        var step = (codec.Frames + MaxFrames - 1) / MaxFrames;
        var (index, total) = (0, 0);
        foreach (var (frame, milliseconds) in codec.DecodeFrames(PreparedSticker.Side))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (index++ % step == 0)
                kept.Add((Square(frame), 0));
            var shown = Math.Min(milliseconds, MaxMilliseconds - total);
            kept[^1] = (kept[^1].Frame, kept[^1].Milliseconds + shown);
            total += shown;
            if (total >= MaxMilliseconds)
                break;
        }
    }

    private static byte[] EncodeFrames(List<(SKBitmap Frame, int Milliseconds)> source, CancellationToken cancellationToken)
    {
        for (var step = 1; step <= 4; step *= 2)
        {
            var frames = source.Chunk(step).Select(group => new SKWebpEncoderFrame(group[0].Frame, TimeSpan.FromMilliseconds(group.Sum(frame => frame.Milliseconds)))).ToArray();
            foreach (var quality in AnimatedQualities)
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var webp = SKWebpEncoder.EncodeAnimated(frames, new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossy, quality));
                if (webp is { Size: <= MaxAnimated })
                    return webp.ToArray();
            }
        }
        throw new MediaConversionException(ConversionFailure.TooLarge, "The sticker stays larger than 500 KiB.");
    }

    private async Task<byte[]> FromVideoAsync(string input, string folder, CancellationToken cancellationToken)
    {
        var facts = await new VideoProbe(ffmpeg).ReadAsync(input, cancellationToken);
        var seconds = Math.Clamp(facts.Seconds, 0.1, MaxMilliseconds / 1000.0);
        var rate = Math.Clamp(MaxFrames / seconds, 5, 15);
        using var work = new WorkFolder(folder);
        await ffmpeg.RunAsync(FfmpegProgram.Ffmpeg,
        [
            .. FfmpegArguments.Input(input), "-map", "0:v:0", "-an", "-t", "10", "-frames:v", MaxFrames.ToString(CultureInfo.InvariantCulture), "-vf",
            string.Create(CultureInfo.InvariantCulture, $"fps={rate:0.###},scale=512:512:force_original_aspect_ratio=decrease"),
            "-f", "image2", "-c:v", "png", "-y", "file:" + work.File("%03d.png"),
        ], cancellationToken);
        List<(SKBitmap Frame, int Milliseconds)> frames = [];
        try
        {
            foreach (var path in Directory.GetFiles(work.Path).Order(StringComparer.Ordinal))
            {
                using var codec = PictureCodec.Open(path, limits);
                using var frame = codec.Decode(PreparedSticker.Side, PreparedSticker.Side, enlarge: true);
                frames.Add((Square(frame), (int)Math.Round(1000 / rate)));
            }
            return frames.Count > 0
                ? EncodeFrames(frames, cancellationToken)
                : throw new MediaConversionException(ConversionFailure.NotReadable, "The video has no picture.");
        }
        finally
        {
            foreach (var (frame, _) in frames)
                frame.Dispose();
        }
    }

    private static SKBitmap Square(SKBitmap picture)
    {
        var square = new SKBitmap(new SKImageInfo(PreparedSticker.Side, PreparedSticker.Side, SKColorType.Rgba8888, SKAlphaType.Premul));
        using var canvas = new SKCanvas(square);
        canvas.Clear(SKColors.Transparent);
        canvas.DrawBitmap(picture, (PreparedSticker.Side - picture.Width) / 2, (PreparedSticker.Side - picture.Height) / 2, SKSamplingOptions.Default);
        return square;
    }

    private static PreparedSticker WithMetadata(byte[] webp, StickerMetadata metadata)
    {
        var tagged = WebpFile.WithExif(webp, PreparedSticker.Side, PreparedSticker.Side, metadata.ToExif());
        var firstFrame = WebpFile.FirstFrameLength(tagged);
        return new PreparedSticker(tagged, firstFrame > 0, firstFrame);
    }
}
