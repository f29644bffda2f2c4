using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging;

/// <summary>What the layers round a content said about it.</summary>
/// <param name="Content">The innermost message.</param>
/// <param name="ViewOnce">To be opened once.</param>
/// <param name="Edited">Came as an edit.</param>
/// <param name="Comment">Came as a comment.</param>
internal readonly record struct Unwrapped(Message Content, bool ViewOnce, bool Edited, bool Comment);

/// <summary>Looks through the wrapper messages of wire/04 §13.1, eight layers at most.</summary>
internal static class MessageWrappers
{
    private const int MaxDepth = 8;

    /// <summary>The innermost content. A missing inner messageContextInfo is taken from the layer outside.</summary>
    public static Unwrapped Unwrap(Message message)
    {
        var (viewOnce, edited, comment) = (false, false, false);
        for (var depth = 0; depth < MaxDepth && Inner(message) is { } inner; depth++)
        {
            viewOnce |= message.ViewOnceMessage is not null || message.ViewOnceMessageV2 is not null || message.ViewOnceMessageV2Extension is not null;
            edited |= message.EditedMessage is not null;
            comment |= message.CommentMessage is not null;
            inner.MessageContextInfo ??= message.MessageContextInfo;
            message = inner;
        }
        return new Unwrapped(message, viewOnce, edited, comment);
    }

    /// <summary>The innermost content, as it lies there: nothing is changed.</summary>
    public static Message Inmost(Message message)
    {
        for (var depth = 0; depth < MaxDepth && Inner(message) is { } inner; depth++)
            message = inner;
        return message;
    }

    private static Message? Inner(Message message)
    {
        var wrapper = message.EphemeralMessage ?? message.ViewOnceMessage ?? message.ViewOnceMessageV2 ?? message.ViewOnceMessageV2Extension
            ?? message.DocumentWithCaptionMessage ?? message.EditedMessage ?? message.GroupMentionedMessage ?? message.BotInvokeMessage
            ?? message.LottieStickerMessage ?? message.EventCoverImage ?? message.StatusMentionMessage ?? message.PollCreationOptionImageMessage
            ?? message.AssociatedChildMessage ?? message.GroupStatusMentionMessage ?? message.PollCreationMessageV4 ?? message.StatusAddYours
            ?? message.GroupStatusMessage ?? message.GroupStatusMessageV2 ?? message.LimitSharingMessage ?? message.BotTaskMessage
            ?? message.QuestionMessage ?? message.BotForwardedMessage ?? message.QuestionReplyMessage ?? message.NewsletterAdminProfileMessage
            ?? message.NewsletterAdminProfileMessageV2 ?? message.SpoilerMessage ?? message.NewsletterAdminProfileStatusMessage;
        return wrapper?.Message ?? message.DeviceSentMessage?.Message ?? message.CommentMessage?.Message;
    }
}
