using Google.Protobuf;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>
/// Where a file is and what is known of it, into the content it belongs to (wire/05 §8):
/// <c>{url, directPath, mediaKey, mimetype, fileSha256, fileEncSha256, fileLength, mediaKeyTimestamp}</c> and the facts of its kind.
/// </summary>
internal static class MediaFields
{
    /// <summary>Fills them in; caption, name and view once stay as they are.</summary>
    /// <param name="content">Innermost content.</param>
    /// <param name="media">The file, of the same kind.</param>
    public static void Fill(Message content, OutgoingMedia media)
    {
        var at = new Place(media);
        if (content.ImageMessage is { } image)
            Fill(image, at, media);
        if ((content.VideoMessage ?? content.PtvMessage) is { } video)
            Fill(video, at, media);
        if (content.AudioMessage is { } audio)
            Fill(audio, at, media);
        if (content.DocumentMessage is { } document)
            Fill(document, at, media);
        if (content.StickerMessage is { } sticker)
            Fill(sticker, at, media);
    }

    private static void Fill(Message.Types.ImageMessage image, Place at, OutgoingMedia media)
    {
        image.Url = at.Url;
        image.DirectPath = at.DirectPath;
        image.MediaKey = at.MediaKey;
        image.FileSha256 = at.FileSha256;
        image.FileEncSha256 = at.FileEncSha256;
        image.FileLength = at.FileLength;
        image.MediaKeyTimestamp = at.MediaKeyTimestamp;
        image.Mimetype = at.Mimetype;
        if (media.Width > 0)
            (image.Width, image.Height) = ((uint)media.Width, (uint)media.Height);
        if (media.Thumbnail is { } thumbnail)
            image.JpegThumbnail = ByteString.CopyFrom(thumbnail);
    }

    private static void Fill(Message.Types.VideoMessage video, Place at, OutgoingMedia media)
    {
        video.Url = at.Url;
        video.DirectPath = at.DirectPath;
        video.MediaKey = at.MediaKey;
        video.FileSha256 = at.FileSha256;
        video.FileEncSha256 = at.FileEncSha256;
        video.FileLength = at.FileLength;
        video.MediaKeyTimestamp = at.MediaKeyTimestamp;
        video.Mimetype = at.Mimetype;
        if (media.Width > 0)
            (video.Width, video.Height) = ((uint)media.Width, (uint)media.Height);
        if (media.Seconds > 0)
            video.Seconds = (uint)media.Seconds;
        if (media.Thumbnail is { } thumbnail)
            video.JpegThumbnail = ByteString.CopyFrom(thumbnail);
        if (media.StreamingSidecar is { } sidecar)
            video.StreamingSidecar = ByteString.CopyFrom(sidecar);
    }

    private static void Fill(Message.Types.AudioMessage audio, Place at, OutgoingMedia media)
    {
        audio.Url = at.Url;
        audio.DirectPath = at.DirectPath;
        audio.MediaKey = at.MediaKey;
        audio.FileSha256 = at.FileSha256;
        audio.FileEncSha256 = at.FileEncSha256;
        audio.FileLength = at.FileLength;
        audio.MediaKeyTimestamp = at.MediaKeyTimestamp;
        audio.Mimetype = at.Mimetype;
        if (media.Seconds > 0)
            audio.Seconds = (uint)media.Seconds;
        if (media.Waveform is { } waveform)
            audio.Waveform = ByteString.CopyFrom(waveform);
        if (media.StreamingSidecar is { } sidecar)
            audio.StreamingSidecar = ByteString.CopyFrom(sidecar);
    }

    private static void Fill(Message.Types.DocumentMessage document, Place at, OutgoingMedia media)
    {
        document.Url = at.Url;
        document.DirectPath = at.DirectPath;
        document.MediaKey = at.MediaKey;
        document.FileSha256 = at.FileSha256;
        document.FileEncSha256 = at.FileEncSha256;
        document.FileLength = at.FileLength;
        document.MediaKeyTimestamp = at.MediaKeyTimestamp;
        document.Mimetype = at.Mimetype;
        if (media.Thumbnail is { } thumbnail)
            document.JpegThumbnail = ByteString.CopyFrom(thumbnail);
    }

    private static void Fill(Message.Types.StickerMessage sticker, Place at, OutgoingMedia media)
    {
        sticker.Url = at.Url;
        sticker.DirectPath = at.DirectPath;
        sticker.MediaKey = at.MediaKey;
        sticker.FileSha256 = at.FileSha256;
        sticker.FileEncSha256 = at.FileEncSha256;
        sticker.FileLength = at.FileLength;
        sticker.MediaKeyTimestamp = at.MediaKeyTimestamp;
        sticker.Mimetype = at.Mimetype;
        if (media.Width > 0)
            (sticker.Width, sticker.Height) = ((uint)media.Width, (uint)media.Height);
        sticker.IsAnimated = media.IsAnimated;
        sticker.StickerSentTs = media.MediaKeyTimestamp * 1000;
        if (media.FirstFrameLength > 0)
            sticker.FirstFrameLength = (uint)media.FirstFrameLength;
        if (media.FirstFrameSidecar is { } sidecar)
            sticker.FirstFrameSidecar = ByteString.CopyFrom(sidecar);
    }

    private readonly struct Place(OutgoingMedia media)
    {
        public string Url { get; } = media.Recipe is { } recipe ? HeldContent.Address(recipe) : media.File.Url ?? "";
        public string DirectPath { get; } = media.File.DirectPath ?? "";
        public string Mimetype { get; } = media.File.Mimetype ?? "";
        public ByteString MediaKey { get; } = Bytes(media.File.MediaKey);
        public ByteString FileSha256 { get; } = Bytes(media.File.FileSha256);
        public ByteString FileEncSha256 { get; } = Bytes(media.File.FileEncSha256);
        public ulong FileLength { get; } = (ulong)media.File.FileLength;
        public long MediaKeyTimestamp { get; } = media.MediaKeyTimestamp;

        private static ByteString Bytes(byte[]? bytes) => bytes is null ? ByteString.Empty : ByteString.CopyFrom(bytes);
    }
}
