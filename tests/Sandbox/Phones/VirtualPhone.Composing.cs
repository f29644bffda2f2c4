using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using static WhatsApp.Sandbox.Phones.PhoneWriting;
using ProtocolMessage = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage;

namespace WhatsApp.Sandbox.Phones;

/// <summary>What the phone makes of what somebody writes (wire/04 §4, wire/05 §8).</summary>
public sealed partial class VirtualPhone
{
    /// <summary>Seconds of a pin: 7 days.</summary>
    private const uint PinSeconds = 604_800;

    /// <exception cref="PhoneException">The type is not known, or what it refers to is not there.</exception>
    private Message Compose(PhoneWriting writing, Jid chat, PhoneFile? file)
    {
        var content = file?.Compose(writing) ?? Content(writing, chat);
        PhoneContext.Apply(content, ContextOf(writing, chat));
        if (writing.ViewOnce)
            content = new Message { ViewOnceMessage = new() { Message = content } };
        return content is { DocumentMessage.Caption.Length: > 0 } ? new Message { DocumentWithCaptionMessage = new() { Message = content } } : content;
    }

    private Message Content(PhoneWriting writing, Jid chat) => writing.Kind switch
    {
        "text" => new Message { Conversation = Needed(writing.Text, "text") },
        "location" => new Message { LocationMessage = new() { DegreesLatitude = writing.Latitude, DegreesLongitude = writing.Longitude, Name = writing.Text ?? "" } },
        "livelocation" => new Message { LiveLocationMessage = new() { DegreesLatitude = writing.Latitude, DegreesLongitude = writing.Longitude, Caption = writing.Text ?? "" } },
        "contact" => new Message { ContactMessage = Card(Needed(writing.Text, "text"), Needed(writing.Number, "number")) },
        "contacts" => Cards(writing),
        "poll" => Poll(writing),
        "pollvote" => Vote(writing, chat),
        "reaction" => new Message { ReactionMessage = new() { Key = KeyOf(writing, chat), Text = writing.Text ?? "", SenderTimestampMs = NowMs } },
        "edit" => new Message
        {
            ProtocolMessage = new()
            {
                Key = KeyOf(writing with { TargetFromMe = true }, chat),
                Type = ProtocolMessage.Types.Type.MessageEdit,
                TimestampMs = NowMs,
                EditedMessage = new() { Conversation = Needed(writing.Text, "text") },
            },
        },
        "delete" => new Message { ProtocolMessage = new() { Key = KeyOf(writing with { TargetFromMe = true }, chat), Type = ProtocolMessage.Types.Type.Revoke } },
        "pin" => new Message
        {
            PinInChatMessage = new()
            {
                Key = KeyOf(writing, chat),
                SenderTimestampMs = NowMs,
                Type = writing.Undo ? Message.Types.PinInChatMessage.Types.Type.UnpinForAll : Message.Types.PinInChatMessage.Types.Type.PinForAll,
            },
            MessageContextInfo = new() { MessageAddOnDurationInSecs = writing.Undo ? 0 : PinSeconds },
        },
        "keep" => new Message
        {
            KeepInChatMessage = new() { Key = KeyOf(writing, chat), KeepType = writing.Undo ? KeepType.UndoKeepForAll : KeepType.KeepForAll, TimestampMs = NowMs },
        },
        "event" => new Message { EventMessage = new() { Name = Needed(writing.Text, "text"), StartTime = _server.Now + 86_400 } },
        "eventresponse" => EventAnswer(writing, chat),
        _ => throw new PhoneException("a phone cannot write messages of this type"),
    };

    private long NowMs => _server.Options.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static Message.Types.ContactMessage Card(string name, string number) => new()
    {
        DisplayName = name,
        Vcard = $"BEGIN:VCARD\nVERSION:3.0\nN:;{name};;;\nFN:{name}\nTEL;type=CELL;waid={number}:+{number}\nEND:VCARD",
    };

    private static Message Cards(PhoneWriting writing)
    {
        var cards = new Message.Types.ContactsArrayMessage { DisplayName = Needed(writing.Text, "text") };
        cards.Contacts.AddRange((writing.Numbers ?? throw new ArgumentException("numbers is missing", nameof(writing))).Select(number => Card(number, number)));
        return new Message { ContactsArrayMessage = cards };
    }

    private static Message Poll(PhoneWriting writing)
    {
        var poll = new Message.Types.PollCreationMessage { Name = Needed(writing.Text, "text"), SelectableOptionsCount = (uint)writing.Selectable };
        poll.Options.AddRange((writing.Options ?? []).Select(option => new Message.Types.PollCreationMessage.Types.Option { OptionName = option }));
        return writing.Selectable == 1 ? new Message { PollCreationMessageV3 = poll } : new Message { PollCreationMessage = poll };
    }

    private Message Vote(PhoneWriting writing, Jid chat)
    {
        var (key, parties, secret) = Parent(writing, chat);
        var vote = new Message.Types.PollVoteMessage();
        vote.SelectedOptions.AddRange((writing.Options ?? []).Select(option => ByteString.CopyFrom(PhoneAddOns.HashOf(option))));
        var (payload, iv) = PhoneAddOns.Seal(secret, parties, PhoneAddOns.PollVote, vote.ToByteArray());
        return new Message { PollUpdateMessage = new() { PollCreationMessageKey = key, Vote = new() { EncPayload = payload, EncIv = iv }, SenderTimestampMs = NowMs } };
    }

    private Message EventAnswer(PhoneWriting writing, Jid chat)
    {
        var (key, parties, secret) = Parent(writing, chat);
        var answer = new Message.Types.EventResponseMessage
        {
            TimestampMs = NowMs,
            Response = writing.Answer switch
            {
                "notGoing" => Message.Types.EventResponseMessage.Types.EventResponseType.NotGoing,
                "maybe" => Message.Types.EventResponseMessage.Types.EventResponseType.Maybe,
                _ => Message.Types.EventResponseMessage.Types.EventResponseType.Going,
            },
        };
        var (payload, iv) = PhoneAddOns.Seal(secret, parties, PhoneAddOns.EventResponse, answer.ToByteArray());
        return new Message { EncEventResponseMessage = new() { EventCreationMessageKey = key, EncPayload = payload, EncIv = iv } };
    }

    /// <summary>The message an add-on belongs to: its key, the two authors in the chat's form, its secret.</summary>
    private (MessageKey Key, AddOnParties Parties, byte[] Secret) Parent(PhoneWriting writing, Jid chat)
    {
        var key = KeyOf(writing, chat);
        var parent = Known(key.Id) ?? throw new PhoneException("the phone does not have that message");
        if (parent.Secret is not { } secret)
            throw new PhoneException("that message has no secret");
        var own = chat.IsLid || (chat.IsGroup && GroupOf(chat).Mode == Protocol.Groups.AddressingMode.Lid) ? Lid : Jid;
        var author = key.FromMe ? own : key.HasParticipant && Jid.TryParse(key.Participant, out var participant) ? participant : chat;
        return (key, new AddOnParties(key.Id, author, own), secret);
    }

    /// <summary>The key of the target from the phone's point of view; in groups with its author.</summary>
    private MessageKey KeyOf(PhoneWriting writing, Jid chat)
    {
        var id = Needed(writing.Target, "target");
        var known = Known(id);
        var fromMe = known?.FromMe ?? writing.TargetFromMe;
        var key = new MessageKey { RemoteJid = chat.ToString(), FromMe = fromMe || writing.TargetFromMe, Id = id };
        if (chat.IsGroup && !key.FromMe && known is { Author: { } author })
            key.Participant = author.ToAccount().ToString();
        return key;
    }

    private ContextInfo? ContextOf(PhoneWriting writing, Jid chat)
    {
        if (writing is { Quoted: null, Mentions: null, Forwarded: false, Expiration: null })
            return null;
        var context = new ContextInfo();
        if (writing.Quoted is { } quoted)
        {
            var known = Known(quoted);
            context.StanzaId = quoted;
            context.Participant = (known is { FromMe: true } ? chat.IsLid ? Lid : Jid : known?.Author ?? chat).ToAccount().ToString();
            context.QuotedMessage = known is null ? new Message { Conversation = "" } : PhoneContext.Bare(known.Content);
        }
        context.MentionedJid.AddRange((writing.Mentions ?? []).Select(number => Recipient(number).ToString()));
        if (writing.Forwarded)
            (context.IsForwarded, context.ForwardingScore) = (true, 1);
        if (writing.Expiration is { } seconds)
            context.Expiration = seconds;
        return context;
    }

    private KnownMessage? Known(string id)
    {
        if (_sent.TryGetValue(id, out var sent))
            return new KnownMessage(true, null, PhoneContext.Unwrap(sent.Content), SecretOf(sent.Content));
        return Messages.FirstOrDefault(message => message.MessageId == id) is { } received
            ? new KnownMessage(received.FromMe, received.FromDevice, received.Inner, received.Secret)
            : null;
    }

    private static byte[]? SecretOf(Message content) => content.MessageContextInfo?.MessageSecret is { Length: 32 } secret ? secret.ToByteArray() : null;

    private sealed record KnownMessage(bool FromMe, Jid? Author, Message Content, byte[]? Secret);
}
