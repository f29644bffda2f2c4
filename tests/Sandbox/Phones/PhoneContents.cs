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
    /// <summary>Options voted for.</summary>
    public IReadOnlyList<string>? Chosen { get; init; }
    /// <summary>Answer to an event: Going, NotGoing or Maybe.</summary>
    public string? Answer { get; init; }
    /// <summary>May be looked at once.</summary>
    public bool? ViewOnce { get; init; }
    /// <summary>Emoji of a reaction; empty = taken back.</summary>
    public string? Emoji { get; init; }
    /// <summary>Message reacted to, edited, deleted, pinned, kept, voted on or answered.</summary>
    public string? TargetId { get; init; }

    /// <summary>Reads a message.</summary>
    public static PhoneContent Read(PhoneMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var content = Read(message.Inner);
        return content with
        {
            ViewOnce = PhoneContext.IsViewOnce(message.Content) ? true : null,
            Chosen = message.AddOn?.Chosen,
            Answer = message.AddOn?.Answer,
            Emoji = message.AddOn?.Emoji ?? content.Emoji,
            TargetId = message.AddOn?.TargetId ?? content.TargetId,
        };
    }

    /// <summary>Reads a content without its wrappers.</summary>
    public static PhoneContent Read(Message content)
    {
        ArgumentNullException.ThrowIfNull(content);
        var context = PhoneContext.Of(content);
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
            TargetId = (content.ReactionMessage?.Key ?? content.ProtocolMessage?.Key ?? content.PinInChatMessage?.Key ?? content.KeepInChatMessage?.Key)?.Id,
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
                ("edited", edited.HasConversation ? edited.Conversation : edited.ExtendedTextMessage?.Text ?? edited.ImageMessage?.Caption ?? edited.VideoMessage?.Caption),
            { ImageMessage: { } image } => ("image", image.Caption),
            { VideoMessage: { } video } => (video.GifPlayback ? "gif" : "video", video.Caption),
            { PtvMessage: not null } => ("videoNote", null),
            { AudioMessage: { } audio } => (audio.Ptt ? "ptt" : "audio", null),
            { DocumentMessage: { } document } => ("document", document.Caption),
            { StickerMessage: not null } => ("sticker", null),
            { LiveLocationMessage: { } live } => ("liveLocation", live.Caption),
            { PollUpdateMessage: not null } => ("pollVote", null),
            { EventMessage: { } happening } => ("event", happening.Name),
            { EncEventResponseMessage: not null } => ("eventResponse", null),
            { EncReactionMessage: not null } => ("reaction", null),
            { PinInChatMessage: { } pin } => (pin.Type == Message.Types.PinInChatMessage.Types.Type.UnpinForAll ? "unpin" : "pin", null),
            { KeepInChatMessage: not null } => ("keep", null),
            _ when PollOf(content) is { } poll => ("poll", poll.Name),
            _ => null,
        };
    }

    internal static Message.Types.PollCreationMessage? PollOf(Message content) =>
        content.PollCreationMessage ?? content.PollCreationMessageV2 ?? content.PollCreationMessageV3 ?? content.PollCreationMessageV5 ?? content.PollCreationMessageV6;
}
