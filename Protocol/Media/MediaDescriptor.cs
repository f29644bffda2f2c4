using Google.Protobuf;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Media;

/// <summary>A file on the CDN as a message describes it (wire/05 §8). All of it comes from the sender: nothing is true before it is checked.</summary>
/// <param name="Type">Kind.</param>
public sealed record MediaDescriptor(MediaType Type)
{
    /// <summary>Path on every host, with its query.</summary>
    public string? DirectPath { get; init; }
    /// <summary>Complete address; used only when there is no path.</summary>
    public string? Url { get; init; }
    /// <summary>32 bytes; null for plain files (channels).</summary>
    public byte[]? MediaKey { get; init; }
    /// <summary>Of the plaintext.</summary>
    public byte[]? FileSha256 { get; init; }
    /// <summary>Of the bytes on the CDN.</summary>
    public byte[]? FileEncSha256 { get; init; }
    /// <summary>Bytes of plaintext; 0 = not said.</summary>
    public long FileLength { get; init; }
    /// <summary>What the sender says it is.</summary>
    public string? Mimetype { get; init; }

    /// <summary>The file of a content message (wrappers already removed), or null when it has none.</summary>
    public static MediaDescriptor? Of(Message message)
    {
        if (message.ImageMessage is { } image)
            return Make(MediaType.Image, image.DirectPath, image.Url, image.MediaKey, image.FileSha256, image.FileEncSha256, image.FileLength, image.Mimetype);
        if (message.VideoMessage is { } video)
            return OfVideo(video, video.GifPlayback ? MediaType.Gif : MediaType.Video);
        if (message.PtvMessage is { } note)
            return OfVideo(note, MediaType.VideoNote);
        if (message.AudioMessage is { } audio)
            return Make(audio.Ptt ? MediaType.Voice : MediaType.Audio,
                audio.DirectPath, audio.Url, audio.MediaKey, audio.FileSha256, audio.FileEncSha256, audio.FileLength, audio.Mimetype);
        if (message.DocumentMessage is { } document)
            return Make(MediaType.Document, document.DirectPath, document.Url, document.MediaKey, document.FileSha256, document.FileEncSha256, document.FileLength, document.Mimetype);
        return message.StickerMessage is { } sticker
            ? Make(MediaType.Sticker, sticker.DirectPath, sticker.Url, sticker.MediaKey, sticker.FileSha256, sticker.FileEncSha256, sticker.FileLength, sticker.Mimetype)
            : null;
    }

    /// <summary>Kind and sizes only: keys and paths are secrets.</summary>
    public override string ToString() => $"{Type.Name}, {FileLength} bytes";

    private static MediaDescriptor OfVideo(Message.Types.VideoMessage video, MediaType type) =>
        Make(type, video.DirectPath, video.Url, video.MediaKey, video.FileSha256, video.FileEncSha256, video.FileLength, video.Mimetype);

    private static MediaDescriptor Make(
        MediaType type, string directPath, string url, ByteString mediaKey, ByteString sha256, ByteString encSha256, ulong length, string mimetype) => new(type)
        {
            DirectPath = directPath.Length > 0 ? directPath : null,
            Url = url.Length > 0 ? url : null,
            MediaKey = mediaKey.IsEmpty ? null : mediaKey.ToByteArray(),
            FileSha256 = sha256.IsEmpty ? null : sha256.ToByteArray(),
            FileEncSha256 = encSha256.IsEmpty ? null : encSha256.ToByteArray(),
            FileLength = (long)Math.Min(length, long.MaxValue),
            Mimetype = mimetype.Length > 0 ? mimetype : null,
        };
}
