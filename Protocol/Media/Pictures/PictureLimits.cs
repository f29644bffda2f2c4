namespace WhatsApp.Protocol.Media.Pictures;

/// <summary>What may be decoded. Checked against a file's header, before any memory is taken for its pixels.</summary>
public sealed record PictureLimits
{
    /// <summary>Pixels of one picture held in memory, 4 bytes each.</summary>
    public long MaxPixels { get; init; } = 50_000_000;
    /// <summary>Width or height.</summary>
    public int MaxSide { get; init; } = 30_000;
    /// <summary>Pixels of one frame of an animation.</summary>
    public long MaxAnimatedPixels { get; init; } = 8_000_000;
    /// <summary>Frames of an animation.</summary>
    public int MaxFrames { get; init; } = 1_000;
}
