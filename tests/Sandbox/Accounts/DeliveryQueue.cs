using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Accounts;

/// <summary>Stanza classes a device must acknowledge (wire/01 §10).</summary>
internal enum DeliveryClass
{
    Message,
    Receipt,
    Notification,
    Call,
}

/// <summary>One stanza for one device. <paramref name="From"/> is the account that caused it; null = the server itself.</summary>
internal sealed class Delivery(DeliveryClass @class, string id, Account? from, Node stanza)
{
    public DeliveryClass Class { get; } = @class;
    public string Id { get; } = id;
    public Account? From { get; } = from;
    public Node Stanza { get; } = stanza;
    /// <summary>How often it was put on a connection.</summary>
    public int Attempts { get; set; }
}

/// <summary>
/// What one device has not acknowledged yet, in order. A stanza leaves when the device acknowledges it; whatever is left is
/// delivered again at the next login (wire/01 §8.3, §10).
/// </summary>
internal sealed class DeliveryQueue
{
    private readonly LinkedList<Delivery> _waiting = new();

    public int Count => _waiting.Count;
    public IEnumerable<Delivery> Waiting => _waiting;

    public void Add(Delivery delivery) => _waiting.AddLast(delivery);

    /// <summary>Removes the oldest stanza of that class, id and origin.</summary>
    /// <returns>False when nothing like that was waiting.</returns>
    public bool Remove(DeliveryClass @class, string id, Account? from)
    {
        for (var node = _waiting.First; node is not null; node = node.Next)
            if (node.Value.Class == @class && node.Value.Id == id && node.Value.From == from)
            {
                _waiting.Remove(node);
                return true;
            }
        return false;
    }

    /// <summary>True when a stanza of that class and id waits, whoever it is from.</summary>
    public bool Contains(DeliveryClass @class, Func<Delivery, bool> predicate) => _waiting.Any(item => item.Class == @class && predicate(item));

    public void Clear() => _waiting.Clear();
}
