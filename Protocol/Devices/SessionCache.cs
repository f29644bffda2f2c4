using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Devices;

/// <summary>The sessions used last, as committed. Changes only after a commit.</summary>
internal sealed class SessionCache(int capacity) : LruCache<SignalAddress, SessionRecord>(capacity);
