using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Store;

/// <summary>Where a sender key lives: the group (or status or broadcast list) and the device that sends with it (wire/03 §7).</summary>
/// <param name="Group">The chat, without device.</param>
/// <param name="Sender">The sending device; for our own key, our device in the form the group uses.</param>
public readonly record struct SenderKeyName(Jid Group, SignalAddress Sender);

/// <summary>A mark: this device was given our sender key of this id in this group, and the server took the message that brought it.</summary>
public readonly record struct SenderKeyMark(Jid Group, uint KeyId, SignalAddress Device);
