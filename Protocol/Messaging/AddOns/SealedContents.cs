using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;
using ProtocolMessage = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>Who sent a content, and where.</summary>
internal readonly record struct ContentSource(Jid Author, bool FromMe, Jid Chat);

/// <summary>An add-on with the message it belongs to.</summary>
/// <param name="Target">Key as its sender wrote it.</param>
/// <param name="Parent">The row, when we have it.</param>
/// <param name="Content">What was inside; null = no secret, or it does not open.</param>
internal sealed record OpenedAddOn(Schema.MessageKey Target, StoredMessage? Parent, AddOnContent? Content);

/// <summary>
/// Opens what is sealed under another message's secret (wire/04 §14) and gives its plain form: an encrypted reaction reads as a reaction, an
/// encrypted edit as an edit, a comment as its text. Votes and answers to events keep their type and carry what was inside.
/// What does not open is <see cref="ContentTypes.Unsupported"/>, except a vote, which is told as one without names.
/// </summary>
internal static class SealedContents
{
    private static readonly MessageContent Unreadable = new(ContentTypes.Unsupported, null, null, null);

    /// <summary>Loads the parent and, of a poll, its votes.</summary>
    public static async ValueTask LoadAsync(StepView view, ContentSource source, MessageContent content, CancellationToken cancellationToken)
    {
        if (AddOnOf(content) is not { } sealedPart || AuthorOf(view, source, sealedPart) is not { } author)
            return;
        await view.Lids.LoadAsync([source.Author], cancellationToken);
        await TargetRows.LoadAsync(view, source.Chat, author, sealedPart.Target.Id, cancellationToken);
        if (content.Type == ContentTypes.PollVote && TargetRows.Find(view, source.Chat, author, sealedPart.Target.Id) is { } poll)
            await view.Votes.LoadAsync(poll.Key, cancellationToken);
    }

    /// <summary>The plain form; a content that is not sealed comes back as it is.</summary>
    public static MessageContent Read(StepView view, ContentSource source, MessageContent content)
    {
        if (AddOnOf(content) is not { } sealedPart)
            return content.Type is ContentTypes.PollVote or ContentTypes.EventResponse || content.Body?.SecretEncryptedMessage is not null
                || content.Body?.EncReactionMessage is not null || content.Body?.EncCommentMessage is not null ? Unreadable : content;
        var opened = Open(view, source, sealedPart);
        return opened.Content switch
        {
            ReactionContent reaction => MessageReader.Read(Reaction(sealedPart.Target, reaction)),
            EditContent edit => Edit(opened, edit),
            CommentContent comment => Comment(opened, comment),
            PollVoteContent or EventResponseContent => content with { AddOn = opened },
            _ => content.Type == ContentTypes.PollVote ? content with { AddOn = opened } : Unreadable,
        };
    }

    private static SealedAddOn? AddOnOf(MessageContent content) =>
        content.Body is { } body && SealedAddOn.Of(body) is { Target.Id.Length: <= MessageIds.MaxLength } sealedPart ? sealedPart : null;

    private static Jid? AuthorOf(StepView view, ContentSource source, SealedAddOn sealedPart) =>
        AddOnAuthors.ParentAuthor(sealedPart.Target, source.Author, source.FromMe, source.Chat, view.Own);

    private static OpenedAddOn Open(StepView view, ContentSource source, SealedAddOn sealedPart)
    {
        var (key, author) = (sealedPart.Target, AuthorOf(view, source, sealedPart));
        var parent = author is { } by ? TargetRows.Find(view, source.Chat, by, key.Id) : null;
        if (parent?.Secret is not { } secret)
            return new OpenedAddOn(key, parent, null);
        var candidates = AddOnAuthors.Candidates(key.Id, author!.Value, Both(view, author.Value), source.Author, Both(view, source.Author));
        return new OpenedAddOn(key, parent, sealedPart.Open(secret, candidates));
    }

    private static BothAddresses Both(StepView view, Jid account) => new(view.Lids.LidOf(account), view.Lids.PhoneOf(account));

    private static Message Reaction(Schema.MessageKey target, ReactionContent reaction) => new()
    {
        ReactionMessage = new Message.Types.ReactionMessage { Key = target, Text = reaction.Text, SenderTimestampMs = reaction.SenderTimestampMs },
    };

    // The new content itself, or a protocol message round it; the key that counts is the sealed one, and only its author edits a message.
    private static MessageContent Edit(OpenedAddOn opened, EditContent edit)
    {
        var inside = MessageWrappers.Unwrap(edit.Message).Content;
        if (inside.PollAddOptionMessage?.AddOption is { OptionName.Length: > 0 } option)
            return AddsOption(opened) ? new MessageContent(ContentTypes.PollOptionAdded, option.OptionName, null, null) { AddOn = opened } : Unreadable;
        if (inside.ProtocolMessage is { } protocol)
            inside = protocol is { Type: ProtocolMessage.Types.Type.MessageEdit, EditedMessage: { } edited } ? edited : null;
        if (inside is null or { ProtocolMessage: not null } || !opened.Target.FromMe)
            return Unreadable;
        return MessageReader.Read(new Message
        {
            ProtocolMessage = new ProtocolMessage { Key = opened.Target, Type = ProtocolMessage.Types.Type.MessageEdit, EditedMessage = inside },
        });
    }

    // Others may add options where the poll says so.
    private static bool AddsOption(OpenedAddOn opened) =>
        opened.Target.FromMe || opened.Parent?.Content is { } content && PollVotes.PollOf(content) is { AllowAddOption: true };

    private static MessageContent Comment(OpenedAddOn opened, CommentContent comment)
    {
        var read = MessageReader.Read(comment.Message);
        if (read.Type is null || read.Protocol is not null)
            return Unreadable;
        var context = new ContextInfo { StanzaId = opened.Target.Id };
        if (opened.Parent is { Content: { } parent } row)
            (context.Participant, context.QuotedMessage) = (row.Key.Sender.ToString(), Message.Parser.ParseFrom(parent));
        return read with { Subtype = ContentTypes.Comment, Context = context };
    }
}
