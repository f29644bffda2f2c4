using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Rows of incoming messages: unique by chat, author account and id, whichever form the addresses had when the row was made.</summary>
internal static class MessageRows
{
    /// <summary>The key to use for a new row, then the ones an older row may have.</summary>
    public static IEnumerable<MessageKey> KeysOf(StepView view, IncomingMessage message, Jid chat)
    {
        var author = message.FromMe ? view.Own : message.Author.ToAccount();
        yield return new MessageKey(view.Lids.Canonical(chat), view.Lids.Canonical(author), message.Id);
        if (view.Lids.PhoneOf(author) is { } phone && !message.FromMe)
            yield return new MessageKey(chat.IsUser ? phone : chat, phone, message.Id);
        else if (message.FromMe && view.Lids.PhoneOf(chat) is { } peer)
            yield return new MessageKey(peer, author, message.Id);
    }

    /// <summary>The row of this message, or null. Keys must have been loaded.</summary>
    public static StoredMessage? Find(StepView view, IncomingMessage message, Jid chat)
    {
        foreach (var key in KeysOf(view, message, chat))
            if (view.Rows.Find(key) is { } row)
                return row;
        return null;
    }

    /// <summary>A new row, or the next version of an existing one.</summary>
    public static StoredMessage New(StepView view, IncomingMessage message, Jid chat, StoredMessage? existing, MessageStatus status, string type) =>
        existing is null
            ? new StoredMessage(KeysOf(view, message, chat).First(), message.FromMe, status, message.Timestamp, type) { CreatedAt = view.Now }
            : existing with { Status = status, Type = type };
}
