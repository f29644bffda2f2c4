using System.Globalization;
using System.Text.Json;
using WhatsApp.Protocol.Media.Ffmpeg;

namespace WhatsApp.Protocol.Media.Audio;

/// <summary>An audio file ready to be encrypted.</summary>
/// <param name="Path">The input itself when every phone plays it.</param>
/// <param name="Mimetype">Of the file at <paramref name="Path"/>.</param>
/// <param name="Seconds">0 when not known (no ffprobe).</param>
public sealed record AudioFile(string Path, string Mimetype, int Seconds);

/// <summary>Makes audio files fit for sending (wire/05 §8): what phones play passes untouched, the rest becomes AAC in MP4.</summary>
/// <param name="ffmpeg">Converts and probes.</param>
/// <param name="maxDuration">Longer ones are cut.</param>
/// <param name="maxBytes">Longest result.</param>
public sealed class AudioFiles(IFfmpeg ffmpeg, TimeSpan maxDuration, long maxBytes)
{
    private const string Converted = "audio/mp4";
    private static readonly HashSet<string> Playable = new(StringComparer.Ordinal) { "audio/mpeg", "audio/mp4", "audio/aac", "audio/amr", "audio/ogg; codecs=opus" };

    /// <summary>Any audio, or the sound of a video.</summary>
    /// <param name="input">Path of the source.</param>
    /// <param name="mimetype">By its content.</param>
    /// <param name="folder">Where the result may be put.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="MediaConversionException">No sound in it, broken, or ffmpeg is missing and needed.</exception>
    public async Task<AudioFile> PrepareAsync(string input, string mimetype, string folder, CancellationToken cancellationToken)
    {
        if (Playable.Contains(mimetype))
            return new AudioFile(input, mimetype, await SecondsOrZeroAsync(input, cancellationToken));
        var output = Path.Combine(folder, $"audio-{Guid.NewGuid():N}.m4a");
        await ffmpeg.RunAsync(FfmpegProgram.Ffmpeg,
            [.. FfmpegArguments.Input(input), "-map", "0:a:0", "-vn", "-c:a", "aac", "-b:a", "128k", .. FfmpegArguments.Output(output, "ipod", maxDuration, maxBytes)], cancellationToken);
        return new AudioFile(output, Converted, await SecondsAsync(output, cancellationToken));
    }

    private async Task<int> SecondsOrZeroAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            return await SecondsAsync(path, cancellationToken);
        }
        catch (MediaConversionException exception) when (exception.Failure == ConversionFailure.ToolMissing)
        {
            return 0;
        }
    }

    private async Task<int> SecondsAsync(string path, CancellationToken cancellationToken)
    {
        using var facts = JsonDocument.Parse(await ffmpeg.RunAsync(FfmpegProgram.Ffprobe, FfmpegArguments.Probe(path), cancellationToken));
        if (!facts.RootElement.TryGetProperty("streams", out var streams)
            || !streams.EnumerateArray().Any(stream => stream.TryGetProperty("codec_type", out var type) && type.GetString() == "audio"))
            throw new MediaConversionException(ConversionFailure.NotReadable, "The file holds no sound.");
        return facts.RootElement.TryGetProperty("format", out var format) && format.TryGetProperty("duration", out var duration)
            && double.TryParse(duration.GetString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and < int.MaxValue
            ? Math.Max(1, (int)Math.Round(seconds))
            : 0;
    }
}
