namespace WhatsApp.Protocol.Media.Ffmpeg;

/// <summary>The two programs.</summary>
public enum FfmpegProgram
{
    /// <summary>Converts.</summary>
    Ffmpeg,
    /// <summary>Tells what is in a file.</summary>
    Ffprobe,
}

/// <summary>Runs ffmpeg. Files go in and out by path; whoever calls bounds the output (<see cref="FfmpegArguments"/>).</summary>
public interface IFfmpeg
{
    /// <summary>Runs to the end.</summary>
    /// <param name="program">Which.</param>
    /// <param name="arguments">One by one; no shell is involved.</param>
    /// <param name="cancellationToken">Kills it.</param>
    /// <returns>Standard output, 1 MiB at most.</returns>
    /// <exception cref="MediaConversionException">Not installed, failed, or took too long.</exception>
    Task<byte[]> RunAsync(FfmpegProgram program, IReadOnlyList<string> arguments, CancellationToken cancellationToken);
}
