namespace WhatsApp.Protocol.Media;

/// <summary>
/// A file to send: on the CDN already, or — with a <see cref="Recipe"/> — still waiting at its host for upload (<see cref="IHeldMessages"/>).
/// </summary>
/// <param name="File">Kind, and where the file is. Kinds: image, sticker, video, gif, ptv, audio, ptt, document.</param>
public sealed record OutgoingMedia(MediaDescriptor File) : OutgoingContent
{
    /// <summary>Set = the file is not uploaded yet; the host knows from this text how to get and prepare it. 4096 characters at most.</summary>
    public string? Recipe { get; init; }
    /// <summary>Text below it, or null. Not for audio, stickers and round videos.</summary>
    public string? Caption { get; init; }
    /// <summary>Name of a document.</summary>
    public string? FileName { get; init; }
    /// <summary>To be opened once. Pictures, videos and sound.</summary>
    public bool ViewOnce { get; init; }
    /// <summary>Length of sound and videos; 0 = not known.</summary>
    public int Seconds { get; init; }
    /// <summary>Pixels, upright; 0 = not known.</summary>
    public int Width { get; init; }
    /// <summary>Pixels, upright; 0 = not known.</summary>
    public int Height { get; init; }
    /// <summary>A small JPEG, or null.</summary>
    public byte[]? Thumbnail { get; init; }
    /// <summary>64 bars 0 … 100 of a voice note, or null.</summary>
    public byte[]? Waveform { get; init; }
    /// <summary>See <see cref="EncryptedMedia.StreamingSidecar"/>.</summary>
    public byte[]? StreamingSidecar { get; init; }
    /// <summary>Of stickers.</summary>
    public bool IsAnimated { get; init; }
    /// <summary>Of animated stickers: bytes up to the end of the first frame.</summary>
    public int FirstFrameLength { get; init; }
    /// <summary>See <see cref="EncryptedMedia.FirstFrameSidecar"/>.</summary>
    public byte[]? FirstFrameSidecar { get; init; }
    /// <summary>When the key was made, seconds since the Unix epoch.</summary>
    public long MediaKeyTimestamp { get; init; }
}
