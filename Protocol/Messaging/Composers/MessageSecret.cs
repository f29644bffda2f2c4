using System.Security.Cryptography;
using Google.Protobuf;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>The secret that add-ons of a message are sealed under (wire/04 §3.2).</summary>
internal static class MessageSecret
{
    private const int Length = 32;

    /// <summary>A context with a new secret.</summary>
    public static MessageContextInfo New() => new() { MessageSecret = ByteString.CopyFrom(RandomNumberGenerator.GetBytes(Length)) };

    /// <summary>The 32-byte secret of a message, or null.</summary>
    public static byte[]? Of(Message message) =>
        message.MessageContextInfo?.MessageSecret is { Length: Length } secret ? secret.ToByteArray() : null;
}
