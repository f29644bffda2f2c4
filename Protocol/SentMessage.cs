using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

/// <summary>The server has the message.</summary>
public sealed record SentMessage(string MessageId, Jid To, long Timestamp, MessageStatus Status);

/// <summary>A send that did not succeed. <see cref="Code"/> as in rest-api part A.</summary>
public sealed class SendFailedException(string code, string message, int? nack = null, string? messageId = null) : Exception(message)
{
    /// <summary>instance-not-connected | recipient-not-on-whatsapp | message-not-found | send-timeout | reachout-timelock | whatsapp-error …</summary>
    public string Code { get; } = code;
    /// <summary>Server's number, if it gave one.</summary>
    public int? Nack { get; } = nack;
    /// <summary>The id under which the outcome can be asked later.</summary>
    public string? MessageId { get; } = messageId;
    /// <summary>When it may be tried again, if the server said so.</summary>
    public DateTimeOffset? Until { get; init; }
}
