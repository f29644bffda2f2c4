using WhatsApp.Protocol.Media.Ffmpeg;

namespace WhatsApp.Protocol.Media.Audio;

/// <summary>A voice note ready to be encrypted.</summary>
/// <param name="Path">The OGG file: the input itself when it was one already.</param>
/// <param name="IsConverted">False when the input is sent as it is.</param>
/// <param name="Seconds">At least 1.</param>
/// <param name="Waveform">64 bars 0 … 100; null when they could not be computed (no ffmpeg).</param>
public sealed record VoiceNote(string Path, bool IsConverted, int Seconds, byte[]? Waveform)
{
    /// <summary>The exact mimetype voice notes have.</summary>
    public const string Mimetype = "audio/ogg; codecs=opus";
}

/// <summary>Makes voice notes (wire/05 §7): OGG, Opus, mono, 48 kHz; with seconds and waveform from the decoded sound.</summary>
/// <param name="ffmpeg">Converts and decodes.</param>
/// <param name="maxDuration">Longer ones are cut.</param>
/// <param name="maxBytes">Longest result.</param>
public sealed class VoiceNotes(IFfmpeg ffmpeg, TimeSpan maxDuration, long maxBytes)
{
    private const int PcmRate = 8_000;
    private const int PcmBytesPerSecond = PcmRate * 2;

    /// <summary>Any audio, or the sound of a video. Mono OGG/Opus passes untouched.</summary>
    /// <param name="input">Path of the source.</param>
    /// <param name="folder">Where the result may be put.</param>
    /// <param name="cancellationToken">Ends the work.</param>
    /// <exception cref="MediaConversionException">No sound in it, broken, or ffmpeg is missing and needed.</exception>
    public async Task<VoiceNote> PrepareAsync(string input, string folder, CancellationToken cancellationToken)
    {
        if (await OggOpus.ReadAsync(input, cancellationToken) is { Channels: 1 } ready && ready.Seconds <= maxDuration.TotalSeconds)
            return new VoiceNote(input, false, Whole(ready.Seconds), await WaveformOrNullAsync(input, folder, cancellationToken));
        var output = Path.Combine(folder, $"voice-{Guid.NewGuid():N}.ogg");
        try
        {
            await EncodeAsync(input, output, cancellationToken);
            var made = await OggOpus.ReadAsync(output, cancellationToken)
                ?? throw new MediaConversionException(ConversionFailure.NotReadable, "The file holds no sound.");
            return new VoiceNote(output, true, Whole(made.Seconds), await WaveformAsync(output, folder, cancellationToken));
        }
        catch
        {
            File.Delete(output);
            throw;
        }
    }

    private async Task EncodeAsync(string input, string output, CancellationToken cancellationToken) => await ffmpeg.RunAsync(FfmpegProgram.Ffmpeg,
    [
        .. FfmpegArguments.Input(input), "-map", "0:a:0", "-vn", "-c:a", "libopus", "-b:a", "64k", "-ar", "48000", "-ac", "1", "-application", "voip",
        "-frame_duration", "20", "-avoid_negative_ts", "make_zero", .. FfmpegArguments.Output(output, "ogg", maxDuration, maxBytes),
    ], cancellationToken);

    private async Task<byte[]?> WaveformOrNullAsync(string path, string folder, CancellationToken cancellationToken)
    {
        try
        {
            return await WaveformAsync(path, folder, cancellationToken);
        }
        catch (MediaConversionException exception) when (exception.Failure == ConversionFailure.ToolMissing)
        {
            return null;
        }
    }

    // Through a file: its length says how many samples there are, and no more than a buffer is in memory.
    private async Task<byte[]> WaveformAsync(string path, string folder, CancellationToken cancellationToken)
    {
        using var work = new WorkFolder(folder);
        var pcm = work.File("pcm");
        await ffmpeg.RunAsync(FfmpegProgram.Ffmpeg,
        [
            .. FfmpegArguments.Input(path), "-map", "0:a:0", "-ac", "1", "-ar", "8000", "-c:a", "pcm_s16le",
            .. FfmpegArguments.Output(pcm, "s16le", maxDuration, (long)maxDuration.TotalSeconds * PcmBytesPerSecond + PcmBytesPerSecond),
        ], cancellationToken);
        await using var file = new FileStream(pcm, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.Asynchronous);
        var waveform = new Waveform(file.Length / 2);
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await file.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
            waveform.Add(buffer.AsSpan(0, read));
        return waveform.ToBytes();
    }

    private static int Whole(double seconds) => Math.Max(1, (int)Math.Round(seconds));
}
