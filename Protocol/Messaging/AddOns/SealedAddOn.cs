using Google.Protobuf;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>What was inside an add-on.</summary>
internal abstract record AddOnContent;

/// <summary>A vote: SHA-256 of each chosen option; none = withdrawn. Replaces the voter's earlier vote.</summary>
internal sealed record PollVoteContent(IReadOnlyList<byte[]> OptionHashes) : AddOnContent;

/// <summary>A reaction; empty text = removed. The target's key is outside.</summary>
internal sealed record ReactionContent(string Text, long SenderTimestampMs) : AddOnContent;

/// <summary>A comment under a message.</summary>
internal sealed record CommentContent(Message Message) : AddOnContent;

/// <summary>An answer to an event.</summary>
internal sealed record EventResponseContent(Message.Types.EventResponseMessage.Types.EventResponseType Response, long TimestampMs, int ExtraGuests) : AddOnContent;

/// <summary>New content of a message, an event or a poll, or an option added to a poll.</summary>
internal sealed record EditContent(AddOnUse Use, Message Message) : AddOnContent;

/// <summary>
/// An add-on as received, still sealed (wire/04 §14): pollUpdateMessage, encReactionMessage, encCommentMessage, encEventResponseMessage,
/// secretEncryptedMessage.
/// </summary>
/// <param name="Target">Key of the parent, from the sender's point of view.</param>
/// <param name="Uses">Uses to try, in order.</param>
/// <param name="Box">Payload and IV.</param>
internal sealed record SealedAddOn(MessageKey Target, IReadOnlyList<AddOnUse> Uses, SealedBytes Box)
{
    /// <summary>The add-on of a content message (wrappers already removed), or null when it is none.</summary>
    public static SealedAddOn? Of(Message message)
    {
        if (message.PollUpdateMessage is { Vote: { } vote } poll)
            return Make(poll.PollCreationMessageKey, [AddOnUse.PollVote], vote.EncPayload, vote.EncIv);
        if (message.EncReactionMessage is { } reaction)
            return Make(reaction.TargetMessageKey, [AddOnUse.Reaction], reaction.EncPayload, reaction.EncIv);
        if (message.EncCommentMessage is { } comment)
            return Make(comment.TargetMessageKey, [AddOnUse.Comment], comment.EncPayload, comment.EncIv);
        if (message.EncEventResponseMessage is { } answer)
            return Make(answer.EventCreationMessageKey, [AddOnUse.EventResponse], answer.EncPayload, answer.EncIv);
        return message.SecretEncryptedMessage is { } edit && UsesOf(edit.SecretEncType) is { } uses
            ? Make(edit.TargetMessageKey, uses, edit.EncPayload, edit.EncIv)
            : null;
    }

    /// <summary>Opens it with the parent's secret.</summary>
    /// <returns>Null when no candidate fits or the content is malformed.</returns>
    public AddOnContent? Open(ReadOnlySpan<byte> parentSecret, IEnumerable<AddOnParties> candidates)
    {
        if (parentSecret.Length != AddOnCipher.SecretSize || AddOnCipher.TryOpen(parentSecret, candidates, Uses, Box) is not var (plaintext, use))
            return null;
        try
        {
            return Parse(plaintext, use);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    private static SealedAddOn? Make(MessageKey? target, IReadOnlyList<AddOnUse> uses, ByteString payload, ByteString iv) =>
        target is { Id.Length: > 0 } ? new SealedAddOn(target, uses, new SealedBytes(payload.ToByteArray(), iv.ToByteArray())) : null;

    // Some clients seal an added option as a poll edit: both are tried.
    private static IReadOnlyList<AddOnUse>? UsesOf(Message.Types.SecretEncryptedMessage.Types.SecretEncType type) => type switch
    {
        Message.Types.SecretEncryptedMessage.Types.SecretEncType.EventEdit => [AddOnUse.EventEdit],
        Message.Types.SecretEncryptedMessage.Types.SecretEncType.MessageEdit => [AddOnUse.MessageEdit],
        Message.Types.SecretEncryptedMessage.Types.SecretEncType.PollEdit => [AddOnUse.PollEdit],
        Message.Types.SecretEncryptedMessage.Types.SecretEncType.PollAddOption => [AddOnUse.PollAddOption, AddOnUse.PollEdit],
        _ => null,
    };

    private static AddOnContent Parse(byte[] plaintext, AddOnUse use)
    {
        if (use == AddOnUse.PollVote)
            return new PollVoteContent([.. Message.Types.PollVoteMessage.Parser.ParseFrom(plaintext).SelectedOptions.Select(hash => hash.ToByteArray())]);
        if (use == AddOnUse.Reaction)
        {
            var reaction = Message.Types.ReactionMessage.Parser.ParseFrom(plaintext);
            return new ReactionContent(reaction.Text, reaction.SenderTimestampMs);
        }
        if (use == AddOnUse.Comment)
            return new CommentContent(CommentOf(plaintext));
        if (use == AddOnUse.EventResponse)
        {
            var answer = Message.Types.EventResponseMessage.Parser.ParseFrom(plaintext);
            return new EventResponseContent(answer.Response, answer.TimestampMs, answer.ExtraGuestCount);
        }
        return new EditContent(use, Message.Parser.ParseFrom(plaintext));
    }

    // Either the Message itself or, from some clients, a CommentMessage round it: field 1 is text in one and a message in the other.
    private static Message CommentOf(byte[] plaintext)
    {
        try
        {
            if (Message.Types.CommentMessage.Parser.ParseFrom(plaintext) is { Message: { } inner, TargetMessageKey: not null })
                return inner;
        }
        catch (InvalidProtocolBufferException)
        {
            // Not a CommentMessage.
        }
        return Message.Parser.ParseFrom(plaintext);
    }
}
