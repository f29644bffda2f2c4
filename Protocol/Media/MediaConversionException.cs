namespace WhatsApp.Protocol.Media;

/// <summary>Why a file could not be made fit for sending.</summary>
public enum ConversionFailure
{
    /// <summary>ffmpeg is needed and not installed.</summary>
    ToolMissing,
    /// <summary>The file is broken or not of a kind that can be read.</summary>
    NotReadable,
    /// <summary>More pixels, frames or seconds than allowed.</summary>
    TooLarge,
    /// <summary>It took too long.</summary>
    TimeLimit,
}

/// <summary>A file cannot be converted, looked into or shown small.</summary>
public sealed class MediaConversionException(ConversionFailure failure, string message) : Exception(message)
{
    /// <summary>What to tell the caller.</summary>
    public ConversionFailure Failure { get; } = failure;
}
