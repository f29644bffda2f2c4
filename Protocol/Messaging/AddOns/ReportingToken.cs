using System.Security.Cryptography;
using System.Text;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>
/// Lets a receiver prove to WhatsApp what we sent (wire/04 §4):
/// key = HKDF(messageSecret, info = messageId ‖ sender ‖ chat ‖ "Report Token"), token = first 16 bytes of HMAC-SHA256(key, content).
/// <code>&lt;reporting&gt;&lt;reporting_token v="2"&gt;16 bytes&lt;/reporting_token&gt;&lt;/reporting&gt;</code>
/// </summary>
internal static class ReportingToken
{
    private const int Size = 16;

    /// <summary>The stanza's child, or null when the content takes none.</summary>
    /// <param name="message">The content.</param>
    /// <param name="encoded">The same, as sent, without padding.</param>
    /// <param name="messageId">The stanza's id.</param>
    /// <param name="sender">Our account in the chat's addressing.</param>
    /// <param name="chat">The stanza's <c>to</c>.</param>
    public static Node? For(Schema.Message message, ReadOnlySpan<byte> encoded, string messageId, Jid sender, Jid chat)
    {
        if (message.ReactionMessage is not null || message.EncReactionMessage is not null || message.EncEventResponseMessage is not null || message.PollUpdateMessage is not null)
            return null;
        if (message.MessageContextInfo?.MessageSecret is not { Length: AddOnCipher.SecretSize } secret)
            return null;
        var content = ReportedFields.Of(encoded);
        if (content.Length == 0)
            return null;
        return new Node("reporting", [], [new Node("reporting_token", [("v", "2")], Compute(secret.Span, messageId, sender, chat, content))]);
    }

    /// <summary>16 bytes.</summary>
    internal static byte[] Compute(ReadOnlySpan<byte> messageSecret, string messageId, Jid sender, Jid chat, ReadOnlySpan<byte> content)
    {
        var key = KeyOf(messageSecret, messageId, sender, chat);
        return HMACSHA256.HashData(key, content)[..Size];
    }

    internal static byte[] KeyOf(ReadOnlySpan<byte> messageSecret, string messageId, Jid sender, Jid chat) =>
        AddOnCipher.Expand(messageSecret, $"{messageId}{sender.ToAccount()}{chat.ToAccount()}Report Token");
}
