using WhatsApp.Protocol.Schema;

namespace WhatsApp.Sandbox.Phones;

/// <summary>Wrappers and contexts of contents (wire/04 §13.1).</summary>
internal static class PhoneContext
{
    private const int MaxDepth = 8;

    /// <summary>The content without its wrappers.</summary>
    public static Message Unwrap(Message content)
    {
        for (var depth = 0; depth < MaxDepth; depth++)
        {
            var inner = content.DeviceSentMessage?.Message ?? content.EphemeralMessage?.Message ?? content.ViewOnceMessage?.Message
                ?? content.ViewOnceMessageV2?.Message ?? content.ViewOnceMessageV2Extension?.Message ?? content.DocumentWithCaptionMessage?.Message
                ?? content.EditedMessage?.Message ?? content.GroupMentionedMessage?.Message ?? content.LottieStickerMessage?.Message;
            if (inner is null)
                break;
            content = inner;
        }
        return content;
    }

    /// <summary>Whether it may be looked at once.</summary>
    public static bool IsViewOnce(Message content) =>
        (content.ViewOnceMessage ?? content.ViewOnceMessageV2 ?? content.ViewOnceMessageV2Extension) is not null
        || Unwrap(content) is { ImageMessage.ViewOnce: true } or { VideoMessage.ViewOnce: true } or { AudioMessage.ViewOnce: true };

    /// <summary>The context of an unwrapped content, or null.</summary>
    public static ContextInfo? Of(Message content) =>
        content.ExtendedTextMessage?.ContextInfo ?? content.ImageMessage?.ContextInfo ?? content.VideoMessage?.ContextInfo ?? content.PtvMessage?.ContextInfo
        ?? content.AudioMessage?.ContextInfo ?? content.DocumentMessage?.ContextInfo ?? content.StickerMessage?.ContextInfo ?? content.LocationMessage?.ContextInfo
        ?? content.ContactMessage?.ContextInfo ?? content.ContactsArrayMessage?.ContextInfo ?? PhoneContent.PollOf(content)?.ContextInfo;

    /// <summary>Puts a context into a content; a bare text becomes one that can have it.</summary>
    public static void Apply(Message content, ContextInfo? context)
    {
        if (context is null)
            return;
        if (content.HasConversation)
        {
            content.ExtendedTextMessage = new() { Text = content.Conversation };
            content.ClearConversation();
        }
        Set(content, context);
    }

    /// <summary>A copy without context, as quotes hold it.</summary>
    public static Message Bare(Message content)
    {
        var copy = content.Clone();
        copy.MessageContextInfo = null;
        Set(copy, null);
        return copy;
    }

    private static void Set(Message content, ContextInfo? context)
    {
        switch (content)
        {
            case { ExtendedTextMessage: { } text }: text.ContextInfo = context; break;
            case { ImageMessage: { } image }: image.ContextInfo = context; break;
            case { VideoMessage: { } video }: video.ContextInfo = context; break;
            case { PtvMessage: { } note }: note.ContextInfo = context; break;
            case { AudioMessage: { } audio }: audio.ContextInfo = context; break;
            case { DocumentMessage: { } document }: document.ContextInfo = context; break;
            case { StickerMessage: { } sticker }: sticker.ContextInfo = context; break;
            case { LocationMessage: { } place }: place.ContextInfo = context; break;
            case { ContactMessage: { } contact }: contact.ContextInfo = context; break;
            case { ContactsArrayMessage: { } contacts }: contacts.ContextInfo = context; break;
            default:
                if (PhoneContent.PollOf(content) is { } poll)
                    poll.ContextInfo = context;
                break;
        }
    }
}
