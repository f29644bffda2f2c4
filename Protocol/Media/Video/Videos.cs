using WhatsApp.Protocol.Media.Ffmpeg;
using WhatsApp.Protocol.Media.Pictures;

namespace WhatsApp.Protocol.Media.Video;

/// <summary>A video ready to be encrypted.</summary>
/// <param name="Path">An MP4: the input itself when every phone plays it.</param>
/// <param name="IsConverted">False when the input is sent as it is.</param>
/// <param name="Width">Pixels, upright.</param>
/// <param name="Height">Pixels, upright.</param>
/// <param name="Seconds">At least 1.</param>
/// <param name="Thumbnail">A small JPEG of the first frame.</param>
public sealed record PreparedVideo(string Path, bool IsConverted, int Width, int Height, int Seconds, byte[] Thumbnail)
{
    /// <summary>Always MP4.</summary>
    public const string Mimetype = "video/mp4";
}

/// <summary>How a video is to be shown.</summary>
public enum VideoStyle
{
    /// <summary>With sound.</summary>
    Ordinary,
    /// <summary>Silent, looping.</summary>
    Gif,
    /// <summary>Round: a square is cut out of the middle.</summary>
    Note,
}

/// <summary>Makes videos fit for sending (wire/05 §7, §8): MP4, H.264, AAC.</summary>
/// <param name="ffmpeg">Converts.</param>
/// <param name="pictures">Makes the thumbnail.</param>
/// <param name="maxDuration">Longer ones are cut.</param>
/// <param name="maxBytes">Longest result; what would be longer is cut there.</param>
public sealed class Videos(IFfmpeg ffmpeg, PictureWork pictures, TimeSpan maxDuration, long maxBytes)
{
    private const string EvenSize = "scale='min(1280,iw)':'min(1280,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2";
    private const string Square = "crop='min(iw,ih)':'min(iw,ih)',scale=480:480";

    /// <summary>The facts of a video.</summary>
    /// <exception cref="MediaConversionException">No video in it, broken, or ffmpeg is missing.</exception>
    public Task<VideoFacts> ProbeAsync(string path, CancellationToken cancellationToken) => new VideoProbe(ffmpeg).ReadAsync(path, cancellationToken);

    /// <summary>Any video or animated GIF.</summary>
    /// <param name="input">Path of the source.</param>
    /// <param name="folder">Where the result may be put.</param>
    /// <param name="style">How it is to be shown.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="MediaConversionException">No video in it, broken, beyond the limits, or ffmpeg is missing.</exception>
    public async Task<PreparedVideo> PrepareAsync(string input, string folder, VideoStyle style, CancellationToken cancellationToken)
    {
        var facts = await ProbeAsync(input, cancellationToken);
        if (facts.PlaysEverywhere && facts.Seconds <= maxDuration.TotalSeconds && new FileInfo(input).Length <= maxBytes && Suits(facts, style))
            return await PreparedAsync(input, false, facts, folder, cancellationToken);
        var output = Path.Combine(folder, $"video-{Guid.NewGuid():N}.mp4");
        try
        {
            await EncodeAsync(input, output, style, cancellationToken);
            return await PreparedAsync(output, true, await ProbeAsync(output, cancellationToken), folder, cancellationToken);
        }
        catch
        {
            File.Delete(output);
            throw;
        }
    }

    /// <summary>A small JPEG of the first frame.</summary>
    /// <exception cref="MediaConversionException">No video in it, broken, or ffmpeg is missing.</exception>
    public async Task<byte[]> ThumbnailAsync(string path, string folder, CancellationToken cancellationToken)
    {
        using var work = new WorkFolder(folder);
        var frame = work.File("frame.png");
        await ffmpeg.RunAsync(FfmpegProgram.Ffmpeg,
        [
            .. FfmpegArguments.Input(path), "-map", "0:v:0", "-frames:v", "1", "-vf", "scale='min(640,iw)':-2", "-c:v", "png", "-f", "image2", "-update", "1",
            "-y", "file:" + frame,
        ], cancellationToken);
        return pictures.Thumbnail(frame);
    }

    private static bool Suits(VideoFacts facts, VideoStyle style) => style switch
    {
        VideoStyle.Gif => facts.AudioCodec is null,
        VideoStyle.Note => facts.Width == facts.Height,
        _ => true,
    };

    private async Task EncodeAsync(string input, string output, VideoStyle style, CancellationToken cancellationToken)
    {
        string[] sound = style == VideoStyle.Gif ? ["-an"] : ["-map", "0:a:0?", "-c:a", "aac", "-b:a", "128k", "-ac", "2"];
        await ffmpeg.RunAsync(FfmpegProgram.Ffmpeg,
        [
            .. FfmpegArguments.Input(input), "-map", "0:v:0", .. sound, "-vf", style == VideoStyle.Note ? Square : EvenSize,
            "-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-pix_fmt", "yuv420p", "-movflags", "+faststart",
            .. FfmpegArguments.Output(output, "mp4", maxDuration, maxBytes),
        ], cancellationToken);
    }

    private async Task<PreparedVideo> PreparedAsync(string path, bool converted, VideoFacts facts, string folder, CancellationToken cancellationToken) =>
        new(path, converted, facts.Width, facts.Height, Math.Max(1, (int)Math.Round(facts.Seconds)), await ThumbnailAsync(path, folder, cancellationToken));
}
