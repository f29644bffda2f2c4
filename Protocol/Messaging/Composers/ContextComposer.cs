using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>A message that is answered, forwarded, edited, deleted or reacted to.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Chat">Where it is.</param>
/// <param name="Author">Who wrote it, in the chat's addressing.</param>
/// <param name="FromMe">We did.</param>
/// <param name="Content">As stored.</param>
internal sealed record TargetMessage(string Id, Jid Chat, Jid Author, bool FromMe, Message Content)
{
    /// <summary>Its key as seen by us: a participant only in groups and only for others' messages (wire/04 §4, message key rule).</summary>
    public MessageKey Key()
    {
        var key = new MessageKey { RemoteJid = Chat.ToString(), FromMe = FromMe, Id = Id };
        if (!Chat.IsUser && !FromMe)
            key.Participant = Author.ToString();
        return key;
    }
}

/// <summary>Builds the context of a message (wire/04 §3.4, §4 "quote").</summary>
internal static class ContextComposer
{
    /// <summary>The context, or null when there is nothing to say.</summary>
    /// <param name="quoted">The message answered, or null.</param>
    /// <param name="mentions">Accounts, in the chat's addressing.</param>
    /// <param name="expiration">Seconds; 0 = none.</param>
    public static ContextInfo? Compose(TargetMessage? quoted, IReadOnlyList<Jid> mentions, int expiration)
    {
        if (quoted is null && mentions.Count == 0 && expiration == 0)
            return null;
        var context = new ContextInfo();
        if (quoted is not null)
        {
            context.StanzaId = quoted.Id;
            context.Participant = quoted.Author.ToString();
            context.QuotedMessage = Bare(quoted.Content);
        }
        context.MentionedJid.AddRange(mentions.Select(mention => mention.ToString()));
        if (expiration > 0)
            context.Expiration = (uint)expiration;
        return context;
    }

    /// <summary>A copy of the innermost content, without secrets and without a context of its own.</summary>
    public static Message Bare(Message content)
    {
        var bare = MessageWrappers.Unwrap(content.Clone()).Content;
        bare.MessageContextInfo = null;
        ContentContext.Set(bare, null);
        return bare;
    }
}
