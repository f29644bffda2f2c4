using Google.Protobuf;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>
/// A text: <c>conversation</c>, or <c>extendedTextMessage</c> once it has a context or the preview of a link (wire/05 §8: text, matchedText, title,
/// description, previewType, jpegThumbnail).
/// </summary>
internal static class TextComposer
{
    public static Message Compose(OutgoingText text) =>
        text.Preview is { } preview ? new() { ExtendedTextMessage = WithPreview(text.Text, preview) } : new() { Conversation = text.Text };

    private static Message.Types.ExtendedTextMessage WithPreview(string text, LinkPreview preview)
    {
        var content = new Message.Types.ExtendedTextMessage
        {
            Text = text,
            MatchedText = preview.Link,
            Title = preview.Title,
            PreviewType = Message.Types.ExtendedTextMessage.Types.PreviewType.None,
        };
        if (preview.Description is { Length: > 0 } description)
            content.Description = description;
        if (preview.Thumbnail is { Length: > 0 } thumbnail)
            content.JpegThumbnail = ByteString.CopyFrom(thumbnail);
        return content;
    }
}
