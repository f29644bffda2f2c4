namespace WhatsApp.Protocol.Events;

/// <summary>The file of a message, as its sender describes it: nothing of it is proven.</summary>
/// <param name="Kind">image, video, gif, ptv (round video), audio, ptt (voice note), document or sticker.</param>
public sealed record MediaInfo(string Kind)
{
    /// <summary>Mimetype.</summary>
    public string? Mimetype { get; init; }
    /// <summary>Name, of documents.</summary>
    public string? FileName { get; init; }
    /// <summary>Bytes; 0 = not said.</summary>
    public long Size { get; init; }
    /// <summary>Length of audio and video.</summary>
    public int? Seconds { get; init; }
    /// <summary>Pixels.</summary>
    public int? Width { get; init; }
    /// <summary>Pixels.</summary>
    public int? Height { get; init; }
    /// <summary>SHA-256 of the file, 32 bytes.</summary>
    public byte[]? Sha256 { get; init; }
    /// <summary>64 values of 0 to 100, of voice notes.</summary>
    public byte[]? Waveform { get; init; }
    /// <summary>Pages of a document.</summary>
    public int? Pages { get; init; }
    /// <summary>A sticker that moves.</summary>
    public bool Animated { get; init; }
}
