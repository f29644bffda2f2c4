using System.Globalization;
using System.Text.Json;
using WhatsApp.Protocol.Media.Ffmpeg;

namespace WhatsApp.Protocol.Media.Video;

/// <summary>What is in a video file.</summary>
/// <param name="Container">ffprobe's names of it.</param>
/// <param name="VideoCodec">E.g. <c>h264</c>.</param>
/// <param name="PixelFormat">E.g. <c>yuv420p</c>.</param>
/// <param name="AudioCodec">Null when there is no sound.</param>
/// <param name="Width">Pixels, upright.</param>
/// <param name="Height">Pixels, upright.</param>
/// <param name="Seconds">0 when unknown.</param>
public sealed record VideoFacts(string Container, string VideoCodec, string PixelFormat, string? AudioCodec, int Width, int Height, double Seconds)
{
    /// <summary>MP4 with H.264 and AAC or no sound: every phone plays it.</summary>
    public bool PlaysEverywhere =>
        Container.Split(',').Contains("mp4") && VideoCodec == "h264" && PixelFormat is "yuv420p" or "yuvj420p" && AudioCodec is null or "aac";
}

/// <summary>Reads a video's facts with ffprobe.</summary>
internal sealed class VideoProbe(IFfmpeg ffmpeg)
{
    /// <exception cref="MediaConversionException">No video in it, or broken.</exception>
    public async Task<VideoFacts> ReadAsync(string path, CancellationToken cancellationToken)
    {
        var json = await ffmpeg.RunAsync(FfmpegProgram.Ffprobe, FfmpegArguments.Probe(path), cancellationToken);
        try
        {
            using var document = JsonDocument.Parse(json);
            return Read(document.RootElement) ?? throw NoVideo();
        }
        catch (JsonException)
        {
            throw NoVideo();
        }
    }

    private static VideoFacts? Read(JsonElement root)
    {
        if (!root.TryGetProperty("streams", out var streams) || !root.TryGetProperty("format", out var format))
            return null;
        var video = streams.EnumerateArray().FirstOrDefault(stream => Text(stream, "codec_type") == "video" && !IsCover(stream));
        if (video.ValueKind != JsonValueKind.Object || Number(video, "width") is not (> 0 and var width) || Number(video, "height") is not (> 0 and var height))
            return null;
        var sound = streams.EnumerateArray().FirstOrDefault(stream => Text(stream, "codec_type") == "audio");
        var (uprightWidth, uprightHeight) = IsTurned(video) ? (height, width) : (width, height);
        return new VideoFacts(Text(format, "format_name") ?? "", Text(video, "codec_name") ?? "", Text(video, "pix_fmt") ?? "",
            sound.ValueKind == JsonValueKind.Object ? Text(sound, "codec_name") ?? "unknown" : null,
            (int)uprightWidth, (int)uprightHeight, Number(format, "duration") ?? Number(video, "duration") ?? 0);
    }

    private static bool IsCover(JsonElement stream) => stream.TryGetProperty("disposition", out var disposition) && Number(disposition, "attached_pic") == 1;

    private static bool IsTurned(JsonElement video) => video.TryGetProperty("side_data_list", out var list)
        && list.EnumerateArray().Any(data => Number(data, "rotation") is { } degrees && Math.Abs((int)degrees) % 180 == 90);

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // ffprobe writes some numbers as text.
    private static double? Number(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out var value))
            return null;
        if (value.ValueKind == JsonValueKind.Number)
            return value.GetDouble();
        return double.TryParse(value.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) ? number : null;
    }

    private static MediaConversionException NoVideo() => new(ConversionFailure.NotReadable, "The file holds no video.");
}
