using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>Pins a message for everyone: <c>pinInChatMessage{key, type 1|2, senderTimestampMs}</c> and its duration in messageContextInfo (wire/04 §4).</summary>
internal static class PinComposer
{
    /// <summary>What may be asked for: unpin, a day, a week, 30 days.</summary>
    public static IReadOnlyList<TimeSpan> Durations { get; } = [TimeSpan.Zero, TimeSpan.FromDays(1), TimeSpan.FromDays(7), TimeSpan.FromDays(30)];

    /// <param name="target">The message.</param>
    /// <param name="duration">Zero = unpin.</param>
    /// <param name="now">Milliseconds since the Unix epoch.</param>
    public static Message Compose(TargetMessage target, TimeSpan duration, long now) => new()
    {
        PinInChatMessage = new Message.Types.PinInChatMessage
        {
            Key = target.Key(),
            Type = duration > TimeSpan.Zero ? Message.Types.PinInChatMessage.Types.Type.PinForAll : Message.Types.PinInChatMessage.Types.Type.UnpinForAll,
            SenderTimestampMs = now,
        },
        MessageContextInfo = new MessageContextInfo { MessageAddOnDurationInSecs = (uint)duration.TotalSeconds },
    };
}
