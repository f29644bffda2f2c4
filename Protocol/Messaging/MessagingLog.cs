using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Messaging;

internal static partial class MessagingLog
{
    [LoggerMessage(EventId = 2201, Level = LogLevel.Warning, Message = "message {Id} refused with {Code}: {Action}")]
    public static partial void MessageRefused(ILogger logger, string id, int code, NackAction action);

    [LoggerMessage(EventId = 2202, Level = LogLevel.Information, Message = "device list of {To} was stale for message {Id}")]
    public static partial void DeviceListStale(ILogger logger, Jid to, string id);

    [LoggerMessage(EventId = 2203, Level = LogLevel.Warning, Message = "message {Id} could not be sent on")]
    public static partial void SendBroken(ILogger logger, string id, Exception error);

    [LoggerMessage(EventId = 2204, Level = LogLevel.Information, Message = "message {Id} from {From} cannot be decrypted ({Reason}), attempt {Attempt}")]
    public static partial void Undecryptable(ILogger logger, string id, Jid from, RetryReason reason, int attempt);

    [LoggerMessage(EventId = 2205, Level = LogLevel.Warning, Message = "stanza {Tag} {Id} refused with {Code}")]
    public static partial void StanzaRefused(ILogger logger, string tag, string? id, int code);

    [LoggerMessage(EventId = 2206, Level = LogLevel.Error, Message = "stanza {Tag} {Id} failed")]
    public static partial void StanzaFailed(ILogger logger, string tag, string? id, Exception error);

    [LoggerMessage(EventId = 2207, Level = LogLevel.Information, Message = "retry {Count} of message {Id} for {Device}: {Answer}")]
    public static partial void RetryAnswered(ILogger logger, int count, string id, Jid device, string answer);

    [LoggerMessage(EventId = 2220, Level = LogLevel.Debug, Message = "no trusted-contact token given to {Account}: {Reason}")]
    public static partial void TokenNotGiven(ILogger logger, Jid account, string reason);

    [LoggerMessage(EventId = 2221, Level = LogLevel.Information, Message = "the end of the reach-out timelock is not known: {Reason}")]
    public static partial void TimelockUnknown(ILogger logger, string reason);

    [LoggerMessage(EventId = 2208, Level = LogLevel.Information, Message = "{Count} messages wait to be sent")]
    public static partial void PendingFound(ILogger logger, int count);

    [LoggerMessage(EventId = 2210, Level = LogLevel.Debug, Message = "group {Group}: {Changes}")]
    public static partial void GroupChanged(ILogger logger, Jid group, string changes);

    [LoggerMessage(EventId = 2209, Level = LogLevel.Debug, Message = "our sender key for {Group} goes to {Count} devices")]
    public static partial void SenderKeyGiven(ILogger logger, Jid group, int count);
}
