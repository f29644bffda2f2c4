using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Disappearing timers of chats between two: told by protocolMessage type 3 and by the context of every message (wire/04 §3.4, §8.3).</summary>
internal static class ChatTimers
{
    private const long LatestSeconds = 10_000_000_000; // what is above is milliseconds
    private const int LongestTimer = 365 * 86_400;

    /// <summary>Takes a changed timer.</summary>
    public static ChatTimerChanged Take(StepView view, ContentSource source, MessageInfo info, Message.Types.ProtocolMessage setting)
    {
        var seconds = (int)Math.Min(setting.EphemeralExpiration, LongestTimer);
        Put(view, source.Chat, seconds, setting.EphemeralSettingTimestamp > 0 ? setting.EphemeralSettingTimestamp : info.Timestamp);
        return new ChatTimerChanged(info.Chat, seconds, info.From, info.FromMe, info.Timestamp);
    }

    /// <summary>Learns the timer from a message that says when it was set.</summary>
    public static void Learn(StepView view, Jid chat, ContextInfo? context)
    {
        if (chat.IsUser && context is { Expiration: > 0 and <= LongestTimer, EphemeralSettingTimestamp: > 0 })
            Put(view, chat, (int)context.Expiration, context.EphemeralSettingTimestamp);
    }

    private static void Put(StepView view, Jid chat, int seconds, long at)
    {
        if (!chat.IsUser)
            return;
        at = at > LatestSeconds ? at / 1000 : at;
        var key = view.Lids.Canonical(chat);
        if (view.Step.Batch.ChatTimers.TryGetValue(key, out var known) && known.SetAt > at)
            return;
        view.Step.Batch.ChatTimers[key] = new ChatTimer(key, seconds, Math.Min(at, view.Now / 1000));
        view.Facts.Change(view.Step, key);
    }
}
