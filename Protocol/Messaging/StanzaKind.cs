using WhatsApp.Protocol.Schema;
using ProtocolType = WhatsApp.Protocol.Schema.Message.Types.ProtocolMessage.Types.Type;
using SecretType = WhatsApp.Protocol.Schema.Message.Types.SecretEncryptedMessage.Types.SecretEncType;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// What a stanza says about the content inside (wire/04 §4, table "type / mediatype / edit / decrypt-fail / meta").
/// <code>&lt;message type="text|media|reaction|poll|event" [edit="1"]&gt;…&lt;enc [mediatype="location"] [decrypt-fail="hide"]/&gt;…[&lt;meta polltype="creation"/&gt;]</code>
/// </summary>
/// <param name="Type">Of the message.</param>
/// <param name="MediaType">Of each enc, or null.</param>
internal sealed record StanzaKind(string Type, string? MediaType = null)
{
    /// <summary>1 message edit, 2 pin, 7 own revoke, 8 revoke by an admin; null = none of them.</summary>
    public string? Edit { get; private init; }
    /// <summary>A device that cannot decrypt it shows nothing.</summary>
    public bool HideFailure { get; private init; }
    /// <summary>The one attribute of the meta child, or null.</summary>
    public (string Name, string Value)? Meta { get; private init; }

    private static StanzaKind Text { get; } = new("text");

    /// <summary>Looks through the wrappers of a content.</summary>
    public static StanzaKind Of(Message message)
    {
        var (content, viewOnce, edited, _) = MessageWrappers.Unwrap(message.Clone());
        var kind = AddOn(content) ?? Control(content) ?? Media(content) ?? Text;
        if (edited)
            kind = kind with { Type = "text", MediaType = null, Edit = "1", HideFailure = true };
        return viewOnce ? kind with { Meta = ("view_once", "true") } : kind;
    }

    private static StanzaKind? AddOn(Message m) =>
        m.ReactionMessage is { } reaction ? new("reaction") { HideFailure = true, Edit = reaction.Text.Length == 0 ? "7" : null }
        : m.EncReactionMessage is not null ? new("reaction") { HideFailure = true }
        : m.PollCreationMessage is not null || m.PollCreationMessageV2 is not null || m.PollCreationMessageV3 is not null || m.PollCreationMessageV5 is not null
            || m.PollCreationMessageV6 is not null ? new("poll") { Meta = ("polltype", "creation") }
        : m.PollUpdateMessage is not null ? new("poll") { HideFailure = true, Meta = ("polltype", "vote") }
        : m.EventMessage is not null ? new("event") { Meta = ("event_type", "creation") }
        : m.EncEventResponseMessage is not null ? new("event") { HideFailure = true, Meta = ("event_type", "response") }
        : m.SecretEncryptedMessage is { } secret ? Sealed(secret.SecretEncType)
        : null;

    private static StanzaKind Sealed(SecretType type) => type switch
    {
        SecretType.EventEdit => new("event") { Edit = "1", HideFailure = true, Meta = ("event_type", "edit") },
        SecretType.PollEdit or SecretType.PollAddOption => new("poll") { HideFailure = true, Meta = ("polltype", "edit") },
        SecretType.MessageEdit => Text with { Edit = "1" },
        _ => Text,
    };

    private static StanzaKind? Control(Message m) =>
        m.ProtocolMessage is { } protocol ? Protocol(protocol)
        : m.PinInChatMessage is not null ? Text with { Edit = "2", HideFailure = true }
        : m.KeepInChatMessage is { } keep
            ? Text with { HideFailure = true, Edit = keep.KeepType == KeepType.UndoKeepForAll && keep.Key?.FromMe == true ? "7" : null }
        : m.EncCommentMessage is not null || m.MessageHistoryNotice is not null ? Text with { HideFailure = true }
        : null;

    private static StanzaKind Protocol(Message.Types.ProtocolMessage protocol) => protocol switch
    {
        { HasType: true, Type: ProtocolType.Revoke } => Text with { Edit = protocol.Key?.FromMe == true ? "7" : "8" },
        { Type: ProtocolType.MessageEdit } or { EditedMessage: not null } => Text with { Edit = "1", HideFailure = true },
        { Type: ProtocolType.EphemeralSyncResponse or ProtocolType.RequestWelcomeMessage or ProtocolType.GroupMemberLabelChange } => Text with { HideFailure = true },
        _ => Text,
    };

    private static StanzaKind? Media(Message m) => MediaTypeOf(m) is { } type ? new("media", type) : null;

    private static string? MediaTypeOf(Message m) =>
        FileType(m)
        ?? (m.LocationMessage is { } place ? place.IsLive ? "livelocation" : "location"
        : m.LiveLocationMessage is not null ? "livelocation"
        : m.ContactMessage is not null ? "vcard"
        : m.ContactsArrayMessage is not null ? "contact_array"
        : m.ExtendedTextMessage is { MatchedText: var link } && !string.IsNullOrWhiteSpace(link) || m.GroupInviteMessage is not null ? "url"
        : m.MessageHistoryBundle is not null ? "group_history"
        : BusinessType(m));

    private static string? BusinessType(Message m) =>
        m.ButtonsMessage is not null ? "button"
        : m.ButtonsResponseMessage is not null ? "buttons_response"
        : m.ListMessage is not null ? "list"
        : m.ListResponseMessage is not null ? "list_response"
        : m.OrderMessage is not null ? "order"
        : m.ProductMessage is not null ? "product"
        : m.InteractiveResponseMessage is not null ? "native_flow_response"
        : null;

    private static string? FileType(Message m) =>
        m.ImageMessage is not null ? "image"
        : m.StickerMessage is not null ? "sticker"
        : m.StickerPackMessage is not null ? "sticker_pack"
        : m.DocumentMessage is not null ? "document"
        : m.AudioMessage is { } audio ? audio.Ptt ? "ptt" : "audio"
        : m.VideoMessage is { } video ? video.GifPlayback ? "gif" : "video"
        : m.PtvMessage is not null ? "ptv"
        : null;
}
