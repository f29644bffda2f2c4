using Google.Protobuf;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Messaging;

/// <summary>The copy for our own other devices: content inside deviceSentMessage, messageContextInfo outside (wire/04 §3.6).</summary>
internal static class DeviceSentCopy
{
    /// <summary>Wraps a content.</summary>
    /// <param name="content">Encoded Message.</param>
    /// <param name="destination">The stanza's <c>to</c>.</param>
    public static byte[] Of(ReadOnlySpan<byte> content, Jid destination)
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
}
