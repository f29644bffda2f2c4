using WhatsApp.Protocol.Schema;
using ProtocolMessage = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>A new text or caption for a message of ours: <c>protocolMessage{key, type=14, editedMessage, timestampMs}</c>.</summary>
internal static class EditComposer
{
    /// <summary>The edit, or null when the content has no text that could be edited.</summary>
    /// <param name="target">Our message.</param>
    /// <param name="text">New text.</param>
    /// <param name="context">Mentions of the new text, or null.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public static Message? Compose(TargetMessage target, string text, ContextInfo? context, long now)
    {
        if (Edited(ContextComposer.Bare(target.Content), text) is not { } edited)
            return null;
        if (context is not null)
            ContentContext.Set(edited, context);
        return new Message
        {
            ProtocolMessage = new ProtocolMessage { Key = target.Key(), Type = ProtocolMessage.Types.Type.MessageEdit, EditedMessage = edited, TimestampMs = now },
        };
    }

    private static Message? Edited(Message content, string text)
    {
        switch (content)
        {
            case { HasConversation: true } or { ExtendedTextMessage: not null }:
                return TextComposer.Compose(new OutgoingText(text));
            case { ImageMessage: { } image }:
                image.Caption = text;
                return content;
            case { VideoMessage: { } video }:
                video.Caption = text;
                return content;
            case { DocumentMessage: { } document }:
                document.Caption = text;
                return content;
            default:
                return null;
        }
    }
}
