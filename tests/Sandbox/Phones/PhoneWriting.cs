using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Schema;
using ProtocolMessage = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage;

namespace WhatsApp.Sandbox.Phones;

/// <summary>What somebody at a phone writes: which kind, and the fields of that kind.</summary>
/// <param name="To">Digits or address.</param>
/// <param name="Type">text, location, contact, poll, reaction, edit, delete; null = text.</param>
/// <param name="Text">Text, new text, question, emoji or name.</param>
/// <param name="Quoted">Id of the message answered.</param>
/// <param name="Target">Id of the message reacted to, edited or deleted.</param>
/// <param name="TargetFromMe">That message is the phone's own (edits and deletions always are).</param>
/// <param name="Latitude">Degrees.</param>
/// <param name="Longitude">Degrees.</param>
/// <param name="Options">Of a poll.</param>
/// <param name="Number">Of a contact, digits.</param>
public sealed record PhoneWriting(
    string? To, string? Type, string? Text, string? Quoted = null, string? Target = null, bool TargetFromMe = false,
    double Latitude = 0, double Longitude = 0, IReadOnlyList<string>? Options = null, string? Number = null)
{
    /// <summary>The content.</summary>
    /// <param name="chat">Where it goes.</param>
    /// <exception cref="PhoneException">The type is not known.</exception>
    public Message Compose(Jid chat) => Type switch
    {
        null or "text" when Quoted is { } id => new Message
        {
            ExtendedTextMessage = new() { Text = Needed(Text, "text"), ContextInfo = new() { StanzaId = id, Participant = chat.ToString(), QuotedMessage = new() { Conversation = "" } } },
        },
        null or "text" => new Message { Conversation = Needed(Text, "text") },
        "location" => new Message { LocationMessage = new() { DegreesLatitude = Latitude, DegreesLongitude = Longitude, Name = Text ?? "" } },
        "contact" => new Message
        {
            ContactMessage = new()
            {
                DisplayName = Needed(Text, "text"),
                Vcard = $"BEGIN:VCARD\nVERSION:3.0\nFN:{Text}\nTEL;type=CELL;waid={Needed(Number, "number")}:+{Number}\nEND:VCARD",
            },
        },
        "poll" => Poll(),
        "reaction" => new Message { ReactionMessage = new() { Key = Key(chat, TargetFromMe), Text = Text ?? "" } },
        "edit" => new Message
        {
            ProtocolMessage = new() { Key = Key(chat, true), Type = ProtocolMessage.Types.Type.MessageEdit, EditedMessage = new() { Conversation = Needed(Text, "text") } },
        },
        "delete" => new Message { ProtocolMessage = new() { Key = Key(chat, true), Type = ProtocolMessage.Types.Type.Revoke } },
        _ => throw new PhoneException("type must be text, location, contact, poll, reaction, edit or delete"),
    };

    private Message Poll()
    {
        var poll = new Message.Types.PollCreationMessage { Name = Needed(Text, "text"), SelectableOptionsCount = 1 };
        poll.Options.AddRange((Options ?? []).Select(option => new Message.Types.PollCreationMessage.Types.Option { OptionName = option }));
        return new Message { PollCreationMessageV3 = poll };
    }

    private MessageKey Key(Jid chat, bool fromMe) => new() { RemoteJid = chat.ToString(), FromMe = fromMe, Id = Needed(Target, "target") };

    private static string Needed(string? value, string name) => value ?? throw new ArgumentException(name + " is missing", nameof(value));
}
