using Google.Protobuf;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;
using MessageKey = WhatsApp.Protocol.Store.MessageKey;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Reads the file of a message (wire/05 §8): what is shown of it, and what is kept to fetch it. Pure and bounded.</summary>
internal static class MediaReader
{
    private const int MaxName = 255;
    private const int MaxMimetype = 128;
    private const int MaxWaveform = 256;
    private const int HashSize = 32;

    /// <summary>What is shown of the file of a content (wrappers removed); null when it has none.</summary>
    public static MediaInfo? Info(Message? content)
    {
        if (content is null || MediaDescriptor.Of(content) is not { } file)
            return null;
        var info = new MediaInfo(file.Type.Name)
        {
            Mimetype = Mimetype(file.Mimetype),
            Size = Math.Max(0, file.FileLength),
            Sha256 = Hash(file.FileSha256),
        };
        return content switch
        {
            { ImageMessage: { } image } => info with { Width = Number(image.Width), Height = Number(image.Height) },
            { VideoMessage: { } video } => info with { Width = Number(video.Width), Height = Number(video.Height), Seconds = Number(video.Seconds) },
            { PtvMessage: { } note } => info with { Width = Number(note.Width), Height = Number(note.Height), Seconds = Number(note.Seconds) },
            { AudioMessage: { } audio } => info with { Seconds = Number(audio.Seconds), Waveform = Waveform(audio.Waveform) },
            { DocumentMessage: { } document } => info with { FileName = Name(document), Pages = Number(document.PageCount) },
            { StickerMessage: { } sticker } => info with { Width = Number(sticker.Width), Height = Number(sticker.Height), Animated = sticker.IsAnimated },
            _ => info,
        };
    }

    /// <summary>What is kept of the file of a message; null when it has none.</summary>
    /// <param name="key">The message's row.</param>
    /// <param name="fromMe">Sent by this account.</param>
    /// <param name="content">The content, wrappers removed.</param>
    /// <param name="now">ms since the Unix epoch.</param>
    public static StoredMedia? Row(MessageKey key, bool fromMe, Message? content, long now) =>
        content is null || MediaDescriptor.Of(content) is not { } file ? null : new StoredMedia(key, fromMe, file.Type.Name)
        {
            DirectPath = file.DirectPath,
            Url = file.Url,
            MediaKey = file.MediaKey,
            FileSha256 = Hash(file.FileSha256),
            FileEncSha256 = Hash(file.FileEncSha256),
            FileLength = Math.Max(0, file.FileLength),
            Mimetype = Mimetype(file.Mimetype),
            FileName = content.DocumentMessage is { } document ? Name(document) : null,
            CreatedAt = now,
        };

    private static string? Name(Message.Types.DocumentMessage document)
    {
        var text = document.FileName.Length > 0 ? document.FileName : document.Title;
        var name = new string([.. text.Where(letter => !char.IsControl(letter))]).Trim();
        if (name.Length > MaxName)
            name = name[..(char.IsHighSurrogate(name[MaxName - 1]) ? MaxName - 1 : MaxName)];
        return name.Length > 0 ? name : null;
    }

    private static string? Mimetype(string? text) =>
        text is { Length: > 0 and <= MaxMimetype } && text.All(letter => letter is >= ' ' and < '\u007f') ? text : null;

    private static byte[]? Hash(byte[]? hash) => hash is { Length: HashSize } ? hash : null;

    private static byte[]? Waveform(ByteString waveform) => waveform.Length is 0 or > MaxWaveform ? null : waveform.ToByteArray();

    private static int? Number(uint value) => value == 0 ? null : (int)Math.Min(value, int.MaxValue);
}
