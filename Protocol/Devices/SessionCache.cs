using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Devices;

/// <summary>The sessions and sender keys used last, as committed. Changes only after a commit.</summary>
internal sealed class SessionCache(int capacity) : LruCache<SignalAddress, SessionRecord>(capacity)
{
    /// <summary>Sender keys, ours and others'.</summary>
    public LruCache<SenderKeyName, SenderKeyRecord> SenderKeys { get; } = new(capacity);
}
