using System.Globalization;
using System.Security.Cryptography;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>What kind of upload it is: an encrypted file, or a plain one for a channel (wire/05 §2, §10).</summary>
public sealed record UploadTarget
{
    private const long MediaIdLimit = 1L << 48;
    private static readonly HashSet<MediaType> ChannelKinds =
    [
        MediaType.Image, MediaType.Video, MediaType.Audio, MediaType.Document, MediaType.Sticker, MediaType.StickerPack, MediaType.Gif, MediaType.Voice,
        MediaType.VideoNote, MediaType.LinkThumbnail,
    ];

    private UploadTarget(string path, bool isPlain) => (Path, IsPlain) = (path, isPlain);

    internal string Path { get; }
    internal bool IsPlain { get; }

    /// <summary>An encrypted file of this kind.</summary>
    /// <exception cref="ArgumentException">This kind is only received.</exception>
    public static UploadTarget Encrypted(MediaType type) =>
        new(type.UploadPath ?? throw new ArgumentException("files of this kind are never uploaded", nameof(type)), false);

    /// <summary>A plain file for a channel.</summary>
    /// <exception cref="ArgumentException">Channels do not take this kind.</exception>
    public static UploadTarget Channel(MediaType type) => ChannelKinds.Contains(type)
        ? new($"/newsletter/newsletter-{type.Name}", true)
        : throw new ArgumentException("channels do not take this kind", nameof(type));

    /// <summary>Further query of one upload.</summary>
    internal string Query() => IsPlain
        ? "&media_id=" + (BitConverter.ToInt64(RandomNumberGenerator.GetBytes(8)) & (MediaIdLimit - 1)).ToString(CultureInfo.InvariantCulture)
        : "";
}
