using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>
/// Files as the caller describes them (wire/05 §8): <c>imageMessage</c>, <c>videoMessage</c>, <c>ptvMessage</c>, <c>audioMessage</c>, <c>documentMessage</c>,
/// <c>stickerMessage</c>; where the file is and what is known of it comes from <see cref="MediaFields"/>.
/// </summary>
internal static class MediaComposer
{
    /// <summary>The content without wrapper and context.</summary>
    /// <exception cref="SendFailedException">This kind is not sent.</exception>
    public static Message Compose(OutgoingMedia media)
    {
        var message = Described(media);
        MediaFields.Fill(message, media);
        return message;
    }

    /// <summary>
    /// Puts a content into the layers it needs: <c>viewOnceMessage</c> for view once, <c>documentWithCaptionMessage</c> for a document with a caption. Last step:
    /// the context belongs inside.
    /// </summary>
    public static Message Wrap(Message content, OutgoingMedia media) => media switch
    {
        { ViewOnce: true } when content.DocumentMessage is null && content.StickerMessage is null => new Message { ViewOnceMessage = Layer(content) },
        { Caption.Length: > 0 } when content.DocumentMessage is not null => new Message { DocumentWithCaptionMessage = Layer(content) },
        _ => content,
    };

    private static Message.Types.FutureProofMessage Layer(Message content) => new() { Message = content };

    private static Message Described(OutgoingMedia media) => media.File.Type.Name switch
    {
        "image" => new Message { ImageMessage = Image(media) },
        "video" or "gif" => new Message { VideoMessage = Video(media, media.Caption) },
        "ptv" => new Message { PtvMessage = Video(media, caption: null) },
        "audio" or "ptt" => new Message { AudioMessage = Audio(media) },
        "document" => new Message { DocumentMessage = Document(media) },
        "sticker" => new Message { StickerMessage = new Message.Types.StickerMessage() },
        _ => throw new SendFailedException("validation-failed", "files of this kind cannot be sent"),
    };

    private static Message.Types.ImageMessage Image(OutgoingMedia media)
    {
        var image = new Message.Types.ImageMessage();
        if (media.Caption is { Length: > 0 } caption)
            image.Caption = caption;
        if (media.ViewOnce)
            image.ViewOnce = true;
        return image;
    }

    private static Message.Types.VideoMessage Video(OutgoingMedia media, string? caption)
    {
        var video = new Message.Types.VideoMessage();
        if (caption is { Length: > 0 })
            video.Caption = caption;
        if (media.File.Type == MediaType.Gif)
            video.GifPlayback = true;
        if (media.ViewOnce)
            video.ViewOnce = true;
        return video;
    }

    private static Message.Types.AudioMessage Audio(OutgoingMedia media)
    {
        var audio = new Message.Types.AudioMessage { Ptt = media.File.Type == MediaType.Voice };
        if (media.ViewOnce)
            audio.ViewOnce = true;
        return audio;
    }

    private static Message.Types.DocumentMessage Document(OutgoingMedia media)
    {
        var document = new Message.Types.DocumentMessage { FileName = media.FileName ?? "", Title = media.FileName ?? "" };
        if (media.Caption is { Length: > 0 } caption)
            document.Caption = caption;
        return document;
    }
}
