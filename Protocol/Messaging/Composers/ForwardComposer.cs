using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>The content of a message once more, with <c>isForwarded</c> and a counted-up <c>forwardingScore</c>; quote and mentions stay behind.</summary>
internal static class ForwardComposer
{
    private static readonly HashSet<string> Forwardable = new(StringComparer.Ordinal)
    {
        ContentTypes.Text, "image", "video", "audio", "ptt", "document", "sticker", ContentTypes.Location, ContentTypes.Contact, ContentTypes.Contacts, ContentTypes.Poll,
    };

    /// <summary>The content to send, or null for what is not forwarded: reactions, edits, view-once media and the like.</summary>
    public static Message? Compose(TargetMessage source)
    {
        if (MessageReader.Read(source.Content.Clone()).Type is not { } type || !Forwardable.Contains(type))
            return null;
        var content = MessageWrappers.Unwrap(source.Content.Clone()).Content;
        var score = ContentContext.Of(content)?.ForwardingScore ?? 0;
        var bare = ContextComposer.Bare(source.Content);
        ContentContext.Set(bare, new ContextInfo { IsForwarded = true, ForwardingScore = score < uint.MaxValue ? score + 1 : score });
        return bare;
    }
}
