using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>A text: <c>conversation</c>, or <c>extendedTextMessage</c> once it has a context.</summary>
internal static class TextComposer
{
    public static Message Compose(string text) => new() { Conversation = text };
}
