namespace WhatsApp.Protocol.Media;

/// <summary>A kind of file on the CDN: which keys protect it and where it is uploaded (wire/05 §2). One instance per kind.</summary>
public sealed class MediaType
{
    private MediaType(string name, string keyInfo, string? uploadPath, string mmsType)
    {
        Name = name;
        KeyInfo = keyInfo;
        UploadPath = uploadPath;
        MmsType = mmsType;
    }

    /// <summary>A picture.</summary>
    public static MediaType Image { get; } = new("image", "WhatsApp Image Keys", "/mms/image", "image");
    /// <summary>A sticker; the image path is the one most clients use.</summary>
    public static MediaType Sticker { get; } = new("sticker", "WhatsApp Image Keys", "/mms/image", "image");
    /// <summary>A shared post's picture, received only.</summary>
    public static MediaType XmaImage { get; } = new("xma-image", "WhatsApp Image Keys", null, "image");
    /// <summary>A video.</summary>
    public static MediaType Video { get; } = new("video", "WhatsApp Video Keys", "/mms/video", "video");
    /// <summary>A silent looping video (gifPlayback).</summary>
    public static MediaType Gif { get; } = new("gif", "WhatsApp Video Keys", "/mms/video", "video");
    /// <summary>A round video note.</summary>
    public static MediaType VideoNote { get; } = new("ptv", "WhatsApp Video Keys", "/mms/video", "video");
    /// <summary>An audio file.</summary>
    public static MediaType Audio { get; } = new("audio", "WhatsApp Audio Keys", "/mms/audio", "audio");
    /// <summary>A voice note.</summary>
    public static MediaType Voice { get; } = new("ptt", "WhatsApp Audio Keys", "/mms/audio", "audio");
    /// <summary>Any file.</summary>
    public static MediaType Document { get; } = new("document", "WhatsApp Document Keys", "/mms/document", "document");
    /// <summary>The large picture of a link preview.</summary>
    public static MediaType LinkThumbnail { get; } = new("thumbnail-link", "WhatsApp Link Thumbnail Keys", "/mms/thumbnail-link", "thumbnail-link");
    /// <summary>A history sync blob.</summary>
    public static MediaType History { get; } = new("history", "WhatsApp History Keys", "/mms/md-msg-hist", "md-msg-hist");
    /// <summary>An app state snapshot or patch.</summary>
    public static MediaType AppState { get; } = new("md-app-state", "WhatsApp App State Keys", "/mms/md-app-state", "md-app-state");
    /// <summary>A bundle of group history.</summary>
    public static MediaType GroupHistory { get; } = new("group-history", "Group History", "/mms/group-history", "group-history");
    /// <summary>The zip of a sticker pack.</summary>
    public static MediaType StickerPack { get; } = new("sticker-pack", "WhatsApp Sticker Pack Keys", "/mms/sticker-pack", "sticker-pack");
    /// <summary>The cover of a sticker pack.</summary>
    public static MediaType StickerPackThumbnail { get; } =
        new("thumbnail-sticker-pack", "WhatsApp Sticker Pack Thumbnail Keys", "/mms/thumbnail-sticker-pack", "thumbnail-sticker-pack");
    /// <summary>A document's preview as a file of its own.</summary>
    public static MediaType DocumentThumbnail { get; } =
        new("thumbnail-document", "WhatsApp Document Thumbnail Keys", "/mms/thumbnail-document", "thumbnail-document");
    /// <summary>A picture's preview as a file of its own.</summary>
    public static MediaType ImageThumbnail { get; } = new("thumbnail-image", "WhatsApp Image Thumbnail Keys", "/mms/thumbnail-image", "thumbnail-image");
    /// <summary>A video's preview as a file of its own.</summary>
    public static MediaType VideoThumbnail { get; } = new("thumbnail-video", "WhatsApp Video Thumbnail Keys", "/mms/thumbnail-video", "thumbnail-video");

    /// <summary>Every kind.</summary>
    public static IReadOnlyList<MediaType> All { get; } =
    [
        Image, Sticker, XmaImage, Video, Gif, VideoNote, Audio, Voice, Document, LinkThumbnail, History, AppState, GroupHistory, StickerPack,
        StickerPackThumbnail, DocumentThumbnail, ImageThumbnail, VideoThumbnail,
    ];

    /// <summary>The kind's own name, e.g. <c>ptt</c>; safe to store.</summary>
    public string Name { get; }
    /// <summary>Info text of the key expansion.</summary>
    public string KeyInfo { get; }
    /// <summary>Path of encrypted uploads; null when this kind is never uploaded.</summary>
    public string? UploadPath { get; }
    /// <summary>The CDN's name for the kind.</summary>
    public string MmsType { get; }

    /// <summary>A kind by <see cref="Name"/>, or null.</summary>
    public static MediaType? Find(string name) => All.FirstOrDefault(type => type.Name == name);

    /// <inheritdoc/>
    public override string ToString() => Name;
}
