using Google.Protobuf;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging;

/// <summary>What a decrypted message is.</summary>
/// <param name="Type">Name of rest-api part C, or of wire/04 §13.2; null = pure protocol traffic, not shown to anyone.</param>
/// <param name="Text">The human text.</param>
/// <param name="Context">Quote, mentions, timer.</param>
/// <param name="Protocol">The protocol message inside, if any.</param>
internal sealed record MessageContent(string? Type, string? Text, ContextInfo? Context, Message.Types.ProtocolMessage? Protocol)
{
    /// <summary>The innermost message, or the new content of an edit.</summary>
    public Message? Body { get; init; }
    /// <summary>What makes it special beside its type: comment, edited; else null.</summary>
    public string? Subtype { get; init; }
    /// <summary>What was sealed inside, once opened.</summary>
    public AddOns.OpenedAddOn? AddOn { get; init; }
}

/// <summary>Reads Message protobufs (wire/04 §13). Pure; anything parseable gives an answer.</summary>
internal static class MessageReader
{
    private static readonly MessageContent Internal = new(null, null, null, null);

    /// <summary>Classifies a message and takes its text.</summary>
    public static MessageContent Read(Message message)
    {
        var unwrapped = MessageWrappers.Unwrap(message);
        var content = unwrapped.Content;
        if (content.ProtocolMessage is { } protocol)
            return ProtocolContent(protocol);
        if (Shape(content) is not { } shape)
            return IsInternal(content) ? Internal : new MessageContent(ContentTypes.Unsupported, null, null, null);
        return new MessageContent(unwrapped.ViewOnce || shape.ViewOnce ? ContentTypes.ViewOnce : shape.Type, Blank(shape.Text), shape.Context, null)
        {
            Body = content,
            Subtype = unwrapped.Edited ? ContentTypes.Edited : unwrapped.Comment ? ContentTypes.Comment : null,
        };
    }

    private static MessageContent ProtocolContent(Message.Types.ProtocolMessage protocol)
    {
        if (!protocol.HasType)
            return new MessageContent(ContentTypes.Unsupported, null, null, protocol);
        switch (protocol.Type)
        {
            case Message.Types.ProtocolMessage.Types.Type.Revoke:
                return new MessageContent(ContentTypes.Revoked, null, null, protocol);
            case Message.Types.ProtocolMessage.Types.Type.MessageEdit:
                var body = protocol.EditedMessage is { } inner ? MessageWrappers.Unwrap(inner).Content : null;
                var edited = body is null ? null : Shape(body);
                return new MessageContent(ContentTypes.Edited, Blank(edited?.Text), edited?.Context, protocol) { Body = body };
            case Message.Types.ProtocolMessage.Types.Type.EphemeralSetting:
                return new MessageContent(ContentTypes.EphemeralSetting, null, null, protocol);
            default:
                return new MessageContent(null, null, null, protocol);
        }
    }

    // Only sender keys, context or other parts that are nobody's message (wire/04 §13.2, last row).
    private static bool IsInternal(Message message)
    {
        var rest = message.Clone();
        rest.SenderKeyDistributionMessage = null;
        rest.FastRatchetKeySenderKeyDistributionMessage = null;
        rest.MessageContextInfo = null;
        rest.StickerSyncRmrMessage = null;
        rest.GroupRootKeyShare = null;
        rest.RootSecretDistributeMessage = null;
        rest.Chat = null;
        return rest.CalculateSize() == 0;
    }

    private static string? Blank(string? text) => string.IsNullOrEmpty(text) ? null : text;

    private readonly record struct ContentShape(string Type, string? Text = null, ContextInfo? Context = null, bool ViewOnce = false);

    private static ContentShape? Shape(Message m) =>
        m.HasConversation ? new(ContentTypes.Text, m.Conversation)
        : m.ExtendedTextMessage is { } text ? new(ContentTypes.Text, text.Text, text.ContextInfo)
        : Media(m) ?? Places(m) ?? Business(m) ?? AddOns(m) ?? Others(m);

    private static ContentShape? Media(Message m) =>
        m.ImageMessage is { } image ? new("image", image.Caption, image.ContextInfo, image.ViewOnce)
        : m.VideoMessage is { } video ? new("video", video.Caption, video.ContextInfo, video.ViewOnce)
        : m.PtvMessage is { } note ? new("video", note.Caption, note.ContextInfo, note.ViewOnce)
        : m.AudioMessage is { } audio ? new(audio.Ptt ? "ptt" : "audio", null, audio.ContextInfo, audio.ViewOnce)
        : m.DocumentMessage is { } document ? new("document", document.Caption, document.ContextInfo)
        : m.StickerMessage is { } sticker ? new("sticker", null, sticker.ContextInfo)
        : m.StickerPackMessage is { } pack ? new("sticker_pack", pack.Caption, pack.ContextInfo)
        : m.AlbumMessage is { } album ? new("album", null, album.ContextInfo)
        : null;

    private static ContentShape? Places(Message m) =>
        m.LocationMessage is { } place ? new(place.IsLive ? ContentTypes.LiveLocation : ContentTypes.Location, place.Name, place.ContextInfo)
        : m.LiveLocationMessage is { } live ? new(ContentTypes.LiveLocation, live.Caption, live.ContextInfo)
        : m.ContactMessage is { } contact ? new(ContentTypes.Contact, contact.DisplayName, contact.ContextInfo)
        : m.ContactsArrayMessage is { } contacts ? new(ContentTypes.Contacts, contacts.DisplayName, contacts.ContextInfo)
        : null;

    private static ContentShape? Business(Message m) =>
        m.ButtonsMessage is { } buttons ? new(ContentTypes.Buttons, buttons.ContentText, buttons.ContextInfo)
        : m.ButtonsResponseMessage is { } pressed ? new(ContentTypes.ButtonReply, pressed.SelectedDisplayText, pressed.ContextInfo)
        : m.ListMessage is { } list ? new("list", list.Description, list.ContextInfo)
        : m.ListResponseMessage is { } chosen ? new(ContentTypes.ListReply, chosen.Title, chosen.ContextInfo)
        : m.TemplateMessage is { } template ? new(ContentTypes.Buttons, TemplateText(template), template.ContextInfo)
        : m.TemplateButtonReplyMessage is { } reply ? new(ContentTypes.ButtonReply, reply.SelectedDisplayText, reply.ContextInfo)
        : m.InteractiveMessage is { } interactive ? new(ContentTypes.Buttons, interactive.Body?.Text, interactive.ContextInfo)
        : m.InteractiveResponseMessage is { } answer ? new(ContentTypes.ButtonReply, answer.Body?.Text, answer.ContextInfo)
        : m.ProductMessage is { } product ? new(ContentTypes.Product, product.Body.Length > 0 ? product.Body : product.Product?.Title, product.ContextInfo)
        : m.OrderMessage is { } order ? new(ContentTypes.Order, order.Message, order.ContextInfo)
        : m.HighlyStructuredMessage is { HydratedHsm: { } hydrated } ? new(ContentTypes.Buttons, TemplateText(hydrated), hydrated.ContextInfo)
        : m.HighlyStructuredMessage is not null ? new("hsm")
        : m.InvoiceMessage is not null ? new("invoice")
        : m.SendPaymentMessage is not null || m.RequestPaymentMessage is not null || m.DeclinePaymentRequestMessage is not null
            || m.CancelPaymentRequestMessage is not null || m.PaymentInviteMessage is not null || m.PaymentReminderMessage is not null
            || m.SplitPaymentMessage is not null || m.SplitPaymentUpdateMessage is not null ? new("payment")
        : null;

    private static string? TemplateText(Message.Types.TemplateMessage template) =>
        (template.HydratedTemplate ?? template.HydratedFourRowTemplate)?.HydratedContentText ?? template.InteractiveMessageTemplate?.Body?.Text;

    private static ContentShape? AddOns(Message m) =>
        m.ReactionMessage is { } reaction ? new(ContentTypes.Reaction, reaction.Text)
        : m.EncReactionMessage is not null ? new(ContentTypes.Reaction)
        : PollOf(m) is { } poll ? new(ContentTypes.Poll, poll.Name, poll.ContextInfo)
        : m.PollUpdateMessage is not null ? new(ContentTypes.PollVote)
        : m.PollAddOptionMessage is { } more ? new(ContentTypes.PollOptionAdded, more.AddOption?.OptionName)
        : m.PollResultSnapshotMessage is not null || m.PollResultSnapshotMessageV3 is not null ? new("poll_result")
        : m.EventMessage is { } happening ? new(ContentTypes.Event, happening.Name, happening.ContextInfo)
        : m.EncEventResponseMessage is not null ? new(ContentTypes.EventResponse)
        : m.EventInviteMessage is { } invite ? new(ContentTypes.Event, invite.EventTitle, invite.ContextInfo)
        : m.SecretEncryptedMessage is not null ? new(ContentTypes.Edited)
        : m.PinInChatMessage is not null ? new(ContentTypes.Pin)
        : m.KeepInChatMessage is not null ? new(ContentTypes.Keep)
        : m.EncCommentMessage is not null ? new(ContentTypes.Comment)
        : null;

    private static ContentShape? Others(Message m) =>
        m.GroupInviteMessage is { } invite ? new(ContentTypes.GroupInvite, invite.Caption, invite.ContextInfo)
        : m.NewsletterAdminInviteMessage is not null || m.NewsletterFollowerInviteMessageV2 is not null ? new("channel_invite")
        : m.CallLogMesssage is not null || m.Call is not null || m.BcallMessage is not null ? new("call_log")
        : m.ScheduledCallCreationMessage is not null || m.ScheduledCallEditMessage is not null ? new("scheduled_call")
        : m.RequestPhoneNumberMessage is not null ? new("phone_number_request")
        : m.MessageHistoryBundle is not null || m.MessageHistoryNotice is not null ? new("group_history")
        : m.PlaceholderMessage is not null ? new("unavailable")
        : m.StatusNotificationMessage is not null || m.StatusQuestionAnswerMessage is not null || m.StatusQuotedMessage is not null
            || m.StatusStickerInteractionMessage is not null || m.QuestionResponseMessage is not null ? new("status_interaction")
        : m.RichResponseMessage is not null ? new("ai_response")
        : null;

    /// <summary>The poll in any of its fields, or null.</summary>
    public static Message.Types.PollCreationMessage? PollOf(Message m) =>
        m.PollCreationMessage ?? m.PollCreationMessageV2 ?? m.PollCreationMessageV3 ?? m.PollCreationMessageV5 ?? m.PollCreationMessageV6;
}
