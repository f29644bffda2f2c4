using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Webhooks;

/// <summary>Which chat an event is about. Pure.</summary>
internal static class EventChats
{
    /// <summary>True for events of groups.</summary>
    public static bool IsGroup(DeviceEvent deviceEvent) => ChatOf(deviceEvent) is { IsGroup: true } || deviceEvent is CallChanged { IsGroup: true } || EventBodies.NameOf(deviceEvent)?.StartsWith("group.", StringComparison.Ordinal) == true;

    private static Jid? ChatOf(DeviceEvent deviceEvent) => deviceEvent switch
    {
        MessageArrived arrived => arrived.Message.Chat,
        MessageAcked acked => acked.Chat,
        MessageFailed failed => failed.Chat,
        MessageUndecryptable undecryptable => undecryptable.Chat,
        PresenceChanged presence => presence.Chat,
        _ => null,
    };
}
