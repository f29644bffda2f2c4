using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Protocol.Contacts;

/// <summary>The names accounts gave themselves, as last seen on their messages (wire/04 §5, attribute notify). In memory only, bounded.</summary>
internal sealed class PushNames
{
    private readonly LruCache<Jid, string> _names = new(2048);

    /// <summary>Takes the names on committed messages, under both addresses of their authors.</summary>
    public void Take(IReadOnlyList<DeviceEvent> events)
    {
        foreach (var change in events)
            if (change is MessageArrived { Message: { FromMe: false, PushName: { } name } message })
                foreach (var author in new[] { message.From, message.FromPhone, message.FromLid })
                    if (author is { IsUser: true } account)
                        _names.Set(account.ToAccount(), name);
    }

    /// <summary>The name last seen, or null.</summary>
    public string? Find(Jid? account) => account is { } known && _names.TryGet(known, out var name) ? name : null;

    /// <summary>Another account is linked.</summary>
    public void Forget() => _names.Clear();
}
