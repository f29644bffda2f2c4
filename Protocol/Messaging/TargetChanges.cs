using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// What an edit or a deletion does to the stored message, ours or others': later quotes and forwards show the new text, a deleted one is gone.
/// </summary>
internal static class TargetChanges
{
    /// <summary>The author of the message a content edits, deletes or pins; null when it names none of this chat.</summary>
    public static Jid? AuthorOf(StepView view, ContentSource source, MessageContent content) =>
        content.Type is ContentTypes.Edited or ContentTypes.Revoked && MessageInfos.TargetOf(content) is { } key
            ? AddOnAuthors.ParentAuthor(key, source.Author, source.FromMe, source.Chat, view.Own) : null;

    /// <summary>Loads the message a content edits or deletes.</summary>
    public static async ValueTask LoadAsync(StepView view, ContentSource source, MessageContent content, CancellationToken cancellationToken)
    {
        if (AuthorOf(view, source, content) is { } author)
            await TargetRows.LoadAsync(view, source.Chat, author, MessageInfos.TargetOf(content)!.Id, cancellationToken);
    }

    /// <summary>Changes the stored message and gives the event with what was there before.</summary>
    public static MessageInfo Apply(StepView view, ContentSource source, MessageContent content, MessageInfo info)
    {
        if (content.AddOn is { Parent: { Content: { } poll } parent } && content.Type == ContentTypes.PollOptionAdded)
        {
            if (PollVotes.WithOption(poll, content.Text!) is { } longer)
                view.Rows.Put(parent with { Content = longer });
            return info;
        }
        if (AuthorOf(view, source, content) is not { } author || TargetRows.Find(view, source.Chat, author, info.Target!.MessageId) is not { Content: { } before } row)
            return info;
        var previous = MessageInfos.Stored(view, row);
        if (content.Type == ContentTypes.Revoked)
            view.Rows.Put(row with { Status = MessageStatus.Deleted, Content = null, Secret = null });
        else if (content.Body is { } edited && row.Status is not (MessageStatus.Pending or MessageStatus.Queued))
            view.Rows.Put(row with { Content = Edited(before, edited) });
        return info with { Target = info.Target with { PreviousText = previous.Text, Previous = content.Type == ContentTypes.Revoked ? previous : null } };
    }

    // A resend of the edited message is still the same message: it keeps its secret, which votes and edits are sealed under.
    private static byte[] Edited(byte[] before, Message edited)
    {
        var next = edited.Clone();
        next.MessageContextInfo ??= MessageWrappers.Unwrap(Message.Parser.ParseFrom(before)).Content.MessageContextInfo;
        return next.ToByteArray();
    }
}
