namespace WhatsApp.Protocol.Media.Ffmpeg;

/// <summary>Where ffmpeg is and what it may take.</summary>
public sealed record FfmpegOptions
{
    /// <summary>Path or name of ffmpeg.</summary>
    public string FfmpegPath { get; init; } = "ffmpeg";
    /// <summary>Path or name of ffprobe.</summary>
    public string FfprobePath { get; init; } = "ffprobe";
    /// <summary>One run.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromMinutes(3);
    /// <summary>Runs at the same time; others wait.</summary>
    public int Parallel { get; init; } = Math.Max(1, Environment.ProcessorCount);
}
