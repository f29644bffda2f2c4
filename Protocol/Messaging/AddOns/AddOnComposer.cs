using Google.Protobuf;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>Builds sealed add-ons (wire/04 §14). The target's key is written from our point of view: fromMe = we wrote the parent.</summary>
internal static class AddOnComposer
{
    /// <summary><c>pollUpdateMessage{pollCreationMessageKey, vote{encPayload, encIv}, senderTimestampMs}</c>; no options = vote withdrawn.</summary>
    public static Message Vote(MessageKey poll, AddOnParties parties, ReadOnlySpan<byte> pollSecret, IEnumerable<string> chosen, DateTimeOffset now)
    {
        var vote = new Message.Types.PollVoteMessage();
        vote.SelectedOptions.AddRange(chosen.Select(option => ByteString.CopyFrom(PollOptions.HashOf(option))));
        var box = AddOnCipher.Seal(pollSecret, parties, AddOnUse.PollVote, vote.ToByteArray());
        return new Message
        {
            PollUpdateMessage = new Message.Types.PollUpdateMessage
            {
                PollCreationMessageKey = poll,
                Vote = new Message.Types.PollEncValue { EncPayload = ByteString.CopyFrom(box.Payload), EncIv = ByteString.CopyFrom(box.Iv) },
                SenderTimestampMs = now.ToUnixTimeMilliseconds(),
            },
        };
    }

    /// <summary><c>encReactionMessage</c>, as community announcement groups want it; empty text removes the reaction.</summary>
    public static Message Reaction(MessageKey target, AddOnParties parties, ReadOnlySpan<byte> secret, string text, DateTimeOffset now)
    {
        var reaction = new Message.Types.ReactionMessage { Text = text, SenderTimestampMs = now.ToUnixTimeMilliseconds() };
        var box = AddOnCipher.Seal(secret, parties, AddOnUse.Reaction, reaction.ToByteArray());
        return new Message
        {
            EncReactionMessage = new Message.Types.EncReactionMessage
            {
                TargetMessageKey = target,
                EncPayload = ByteString.CopyFrom(box.Payload),
                EncIv = ByteString.CopyFrom(box.Iv),
            },
        };
    }

    /// <summary><c>encEventResponseMessage</c>.</summary>
    public static Message EventResponse(MessageKey happening, AddOnParties parties, ReadOnlySpan<byte> secret,
        Message.Types.EventResponseMessage.Types.EventResponseType response, int extraGuests, DateTimeOffset now)
    {
        var answer = new Message.Types.EventResponseMessage { Response = response, TimestampMs = now.ToUnixTimeMilliseconds(), ExtraGuestCount = extraGuests };
        var box = AddOnCipher.Seal(secret, parties, AddOnUse.EventResponse, answer.ToByteArray());
        return new Message
        {
            EncEventResponseMessage = new Message.Types.EncEventResponseMessage
            {
                EventCreationMessageKey = happening,
                EncPayload = ByteString.CopyFrom(box.Payload),
                EncIv = ByteString.CopyFrom(box.Iv),
            },
        };
    }

    /// <summary><c>encCommentMessage</c>.</summary>
    public static Message Comment(MessageKey target, AddOnParties parties, ReadOnlySpan<byte> secret, Message comment)
    {
        var box = AddOnCipher.Seal(secret, parties, AddOnUse.Comment, comment.ToByteArray());
        return new Message
        {
            EncCommentMessage = new Message.Types.EncCommentMessage
            {
                TargetMessageKey = target,
                EncPayload = ByteString.CopyFrom(box.Payload),
                EncIv = ByteString.CopyFrom(box.Iv),
            },
        };
    }

    /// <summary><c>secretEncryptedMessage</c> with the new content of a message, event or poll.</summary>
    /// <exception cref="ArgumentException">Not a use of edits.</exception>
    public static Message Edit(MessageKey target, AddOnParties parties, ReadOnlySpan<byte> secret, AddOnUse use, Message content)
    {
        var type = use.Label switch
        {
            "Event Edit" => Message.Types.SecretEncryptedMessage.Types.SecretEncType.EventEdit,
            "Message Edit" => Message.Types.SecretEncryptedMessage.Types.SecretEncType.MessageEdit,
            "Poll Edit" => Message.Types.SecretEncryptedMessage.Types.SecretEncType.PollEdit,
            "Poll Add Option" => Message.Types.SecretEncryptedMessage.Types.SecretEncType.PollAddOption,
            _ => throw new ArgumentException("not an edit", nameof(use)),
        };
        var box = AddOnCipher.Seal(secret, parties, use, content.ToByteArray());
        return new Message
        {
            SecretEncryptedMessage = new Message.Types.SecretEncryptedMessage
            {
                TargetMessageKey = target,
                EncPayload = ByteString.CopyFrom(box.Payload),
                EncIv = ByteString.CopyFrom(box.Iv),
                SecretEncType = type,
            },
        };
    }
}
