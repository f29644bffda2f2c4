using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>An emoji on a message: <c>reactionMessage{key, text, senderTimestampMs}</c>; empty text takes it back.</summary>
internal static class ReactionComposer
{
    /// <param name="target">What it is about.</param>
    /// <param name="emoji">Or empty.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public static Message Compose(TargetMessage target, string emoji, long now) => new()
    {
        ReactionMessage = new Message.Types.ReactionMessage { Key = target.Key(), Text = emoji, SenderTimestampMs = now },
    };
}
