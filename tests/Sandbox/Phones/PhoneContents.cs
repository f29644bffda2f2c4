using WhatsApp.Protocol.Schema;
using ProtocolMessage = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage;

namespace WhatsApp.Sandbox.Phones;

/// <summary>What a person would see of a message beside its text (wire/04 §13.2). Members that do not apply are null.</summary>
public sealed record PhoneContent
{
    /// <summary>Message answered.</summary>
    public string? QuotedId { get; init; }
    /// <summary>Text of the message answered.</summary>
    public string? QuotedText { get; init; }
    /// <summary>Accounts mentioned.</summary>
    public IReadOnlyList<string>? Mentions { get; init; }
    /// <summary>Forward counter.</summary>
    public uint? ForwardingScore { get; init; }
    /// <summary>Disappearing timer, seconds.</summary>
    public uint? Expiration { get; init; }
    /// <summary>Degrees.</summary>
    public double? Latitude { get; init; }
    /// <summary>Degrees.</summary>
    public double? Longitude { get; init; }
    /// <summary>Title of a place.</summary>
    public string? Name { get; init; }
    /// <summary>Line below the title of a place.</summary>
    public string? Address { get; init; }
    /// <summary>vCards.</summary>
    public IReadOnlyList<string>? Vcards { get; init; }
    /// <summary>Question of a poll.</summary>
    public string? Question { get; init; }
    /// <summary>Options of a poll.</summary>
    public IReadOnlyList<string>? Options { get; init; }
    /// <summary>Emoji of a reaction; empty = taken back.</summary>
    public string? Emoji { get; init; }
    /// <summary>Message reacted to, edited or deleted.</summary>
    public string? TargetId { get; init; }

    /// <summary>Reads a content.</summary>
    public static PhoneContent Read(Message content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var context = content.ExtendedTextMessage?.ContextInfo ?? content.LocationMessage?.ContextInfo ?? content.ContactMessage?.ContextInfo
            ?? content.ContactsArrayMessage?.ContextInfo ?? PollOf(content)?.ContextInfo;
        var quoted = context?.QuotedMessage;
        return new PhoneContent
        {
            QuotedId = context is { HasStanzaId: true } ? context.StanzaId : null,
            QuotedText = quoted is null ? null : quoted.HasConversation ? quoted.Conversation : quoted.ExtendedTextMessage?.Text,
            Mentions = context is { MentionedJid.Count: > 0 } ? [.. context.MentionedJid] : null,
            ForwardingScore = context is { IsForwarded: true } ? context.ForwardingScore : null,
            Expiration = context is { HasExpiration: true } ? context.Expiration : null,
            Latitude = content.LocationMessage?.DegreesLatitude,
            Longitude = content.LocationMessage?.DegreesLongitude,
            Name = content.LocationMessage?.Name,
            Address = content.LocationMessage?.Address,
            Vcards = content.ContactMessage is { } one ? [one.Vcard] : content.ContactsArrayMessage?.Contacts.Select(card => card.Vcard).ToList(),
            Question = PollOf(content)?.Name,
            Options = PollOf(content)?.Options.Select(option => option.OptionName).ToList(),
            Emoji = content.ReactionMessage?.Text,
            TargetId = (content.ReactionMessage?.Key ?? content.ProtocolMessage?.Key)?.Id,
        };
    }

    /// <summary>The type shown, and the text; a control message shows what it does.</summary>
    public static (string Type, string? Text)? Describe(Message content)
    {
        ArgumentNullException.ThrowIfNull(content);
        return content switch
        {
            { LocationMessage: { } place } => ("location", place.Name),
            { ContactMessage: { } contact } => ("contact", contact.DisplayName),
            { ContactsArrayMessage: { } contacts } => ("contacts", contacts.DisplayName),
            { ReactionMessage: { } reaction } => ("reaction", reaction.Text),
            { ProtocolMessage: { HasType: true, Type: ProtocolMessage.Types.Type.Revoke } } => ("deleted", null),
            { ProtocolMessage: { Type: ProtocolMessage.Types.Type.MessageEdit, EditedMessage: { } edited } } =>
                ("edited", edited.HasConversation ? edited.Conversation : edited.ExtendedTextMessage?.Text),
            _ when PollOf(content) is { } poll => ("poll", poll.Name),
            _ => null,
        };
    }

    private static Message.Types.PollCreationMessage? PollOf(Message content) => content.PollCreationMessage ?? content.PollCreationMessageV3;
}
