using System.Security.Cryptography;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Builds Message protobufs (wire/04 §3).</summary>
internal static class MessageComposer
{
    /// <summary>A text. With a context (quote, mentions, timer) it becomes an extendedTextMessage.</summary>
    public static Schema.Message Text(string text, Schema.ContextInfo? context = null)
    {
        var message = new Schema.Message { MessageContextInfo = new Schema.MessageContextInfo { MessageSecret = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(32)) } };
        if (context is null)
            message.Conversation = text;
        else
            message.ExtendedTextMessage = new Schema.Message.Types.ExtendedTextMessage { Text = text, ContextInfo = context };
        return message;
    }

    /// <summary>The copy for our own other devices: content inside deviceSentMessage, messageContextInfo outside.</summary>
    /// <param name="content">Encoded Message.</param>
    /// <param name="destination">The stanza's <c>to</c>.</param>
    public static byte[] DeviceSent(ReadOnlySpan<byte> content, Jid destination)
    {
        var inner = Schema.Message.Parser.ParseFrom(content);
        var context = inner.MessageContextInfo;
        inner.MessageContextInfo = null;
        return new Schema.Message
        {
            DeviceSentMessage = new Schema.Message.Types.DeviceSentMessage { DestinationJid = destination.ToString(), Message = inner },
            MessageContextInfo = context,
        }.ToByteArray();
    }

    /// <summary>The 32-byte secret of a message, or null.</summary>
    public static byte[]? SecretOf(Schema.Message message) =>
        message.MessageContextInfo?.MessageSecret is { Length: 32 } secret ? secret.ToByteArray() : null;
}
