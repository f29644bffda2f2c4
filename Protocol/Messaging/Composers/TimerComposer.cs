using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging.Composers;

/// <summary>Says in a message's context that the chat itself has a disappearing timer (wire/04 §3.4).</summary>
internal static class TimerComposer
{
    /// <summary>The same context with when the timer was set; unchanged when the chat has none.</summary>
    public static ContextInfo Mark(ContextInfo context, ChatTimer? timer)
    {
        if (timer is not { Seconds: > 0 })
            return context;
        context.EphemeralSettingTimestamp = timer.SetAt;
        context.DisappearingMode = new DisappearingMode
        {
            Initiator = DisappearingMode.Types.Initiator.ChangedInChat,
            Trigger = DisappearingMode.Types.Trigger.ChatSetting,
        };
        return context;
    }
}
