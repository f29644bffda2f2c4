using WhatsApp.Protocol.Schema;
using ProtocolType = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage.Types.Type;

namespace WhatsApp.Sandbox.Phones;

/// <summary>What a phone's stanza says about its content (wire/04 §4, table "type / mediatype / edit / decrypt-fail / meta").</summary>
/// <param name="Type">Of the message.</param>
/// <param name="MediaType">Of each enc.</param>
/// <param name="Edit">Of the message.</param>
/// <param name="Meta">The attribute of the meta child.</param>
internal sealed record PhoneStanza(string Type, string? MediaType = null, string? Edit = null, (string Name, string Value)? Meta = null)
{
    public static PhoneStanza Of(Message content)
    {
        var kind = OfInner(PhoneContext.Unwrap(content));
        return PhoneContext.IsViewOnce(content) ? kind with { Meta = ("view_once", "true") } : kind;
    }

    private static PhoneStanza OfInner(Message content) => content switch
    {
        { ReactionMessage: { } reaction } => new("reaction", Edit: reaction.Text.Length == 0 ? "7" : null),
        { EncReactionMessage: not null } => new("reaction"),
        { PollUpdateMessage: not null } => new("poll", Meta: ("polltype", "vote")),
        { EventMessage: not null } => new("event", Meta: ("event_type", "creation")),
        { EncEventResponseMessage: not null } => new("event", Meta: ("event_type", "response")),
        { ProtocolMessage: { Type: ProtocolType.MessageEdit } } => new("text", Edit: "1"),
        { ProtocolMessage: { HasType: true, Type: ProtocolType.Revoke } revoke } => new("text", Edit: revoke.Key?.FromMe == false ? "8" : "7"),
        { PinInChatMessage: not null } => new("text", Edit: "2"),
        { ImageMessage: not null } => new("media", "image"),
        { VideoMessage: { } video } => new("media", video.GifPlayback ? "gif" : "video"),
        { PtvMessage: not null } => new("media", "ptv"),
        { AudioMessage: { } audio } => new("media", audio.Ptt ? "ptt" : "audio"),
        { DocumentMessage: not null } => new("media", "document"),
        { StickerMessage: not null } => new("media", "sticker"),
        { LocationMessage: not null } => new("media", "location"),
        { LiveLocationMessage: not null } => new("media", "livelocation"),
        { ContactMessage: not null } => new("media", "vcard"),
        { ContactsArrayMessage: not null } => new("media", "contact_array"),
        _ when PhoneContent.PollOf(content) is not null => new("poll", Meta: ("polltype", "creation")),
        _ => new("text"),
    };
}
