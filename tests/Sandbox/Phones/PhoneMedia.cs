using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Sandbox.Phones;

/// <summary>What a message says of its file.</summary>
/// <param name="Kind">image, video, gif, ptv, audio, ptt, document, sticker.</param>
/// <param name="Mimetype">As the sender says.</param>
/// <param name="Size">Bytes of plaintext.</param>
/// <param name="Sha256">Of the plaintext, lower-case hex.</param>
public sealed record PhoneMedia(string Kind, string? Mimetype, long Size, string? Sha256)
{
    /// <summary>Of audio and video.</summary>
    public uint? Seconds { get; init; }
    /// <summary>Pixels.</summary>
    public uint? Width { get; init; }
    /// <summary>Pixels.</summary>
    public uint? Height { get; init; }
    /// <summary>Of a document.</summary>
    public string? FileName { get; init; }
    /// <summary>64 values of 0 … 100, base64.</summary>
    public string? Waveform { get; init; }
    /// <summary>An animated sticker.</summary>
    public bool Animated { get; init; }
    /// <summary>Bytes of the preview inside the message.</summary>
    public int Thumbnail { get; init; }
    /// <summary>Path on the hosts.</summary>
    public string? DirectPath { get; init; }
    /// <summary>Address, which some clients prefer to the path.</summary>
    public string? Url { get; init; }

    /// <summary>Of an unwrapped content; null when it has no file.</summary>
    public static PhoneMedia? Of(Message content)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (MediaDescriptor.Of(content) is not { } media)
            return null;
        var video = content.VideoMessage ?? content.PtvMessage;
        return new PhoneMedia(media.Type.Name, media.Mimetype, media.FileLength, media.FileSha256 is { } hash ? Convert.ToHexStringLower(hash) : null)
        {
            Seconds = video?.Seconds ?? content.AudioMessage?.Seconds,
            Width = content.ImageMessage?.Width ?? video?.Width ?? content.StickerMessage?.Width,
            Height = content.ImageMessage?.Height ?? video?.Height ?? content.StickerMessage?.Height,
            FileName = content.DocumentMessage is { HasFileName: true } document ? document.FileName : null,
            Waveform = content.AudioMessage is { Waveform.Length: > 0 } audio ? audio.Waveform.ToBase64() : null,
            Animated = content.StickerMessage?.IsAnimated ?? false,
            Thumbnail = (content.ImageMessage?.JpegThumbnail ?? video?.JpegThumbnail ?? content.DocumentMessage?.JpegThumbnail ?? content.StickerMessage?.PngThumbnail)?.Length ?? 0,
            DirectPath = media.DirectPath,
            Url = media.Url,
        };
    }
}
