using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Phones;

/// <summary>An append-only, bounded list that can be waited on. Thread-safe.</summary>
internal sealed class PhoneLog<T>(int capacity)
{
    private readonly Lock _gate = new();
    private readonly List<T> _items = [];
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Adds; the oldest tenth goes when the log is full.</summary>
    public void Add(T item)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            if (_items.Count >= capacity)
                _items.RemoveRange(0, Math.Max(1, capacity / 10));
            _items.Add(item);
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        changed.SetResult();
    }

    /// <summary>A copy.</summary>
    public IReadOnlyList<T> All()
    {
        lock (_gate)
            return [.. _items];
    }

    /// <summary>The first item, past or future, that fits.</summary>
    public async Task<T> FirstAsync(Func<T, bool> fits, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                foreach (var item in _items)
                    if (fits(item))
                        return item;
                changed = _changed.Task;
            }
            await changed.WaitAsync(cancellationToken);
        }
    }
}

/// <summary>What a phone decrypted: each message once, recognised by author account and id.</summary>
internal sealed class PhoneInbox
{
    private const int Capacity = 20_000;
    private readonly PhoneLog<PhoneMessage> _log = new(Capacity);
    private readonly HashSet<(Jid Author, string Id)> _seen = [];
    private readonly Queue<(Jid Author, string Id)> _order = new();

    /// <summary>False when the message was there already. One caller at a time.</summary>
    public bool Add(PhoneMessage message)
    {
        var key = (message.From, message.MessageId);
        if (!_seen.Add(key))
            return false;
        _order.Enqueue(key);
        if (_order.Count > 2 * Capacity)
            _seen.Remove(_order.Dequeue());
        _log.Add(message);
        return true;
    }

    /// <summary>All, or those after the one with this id. An unknown id gives nothing.</summary>
    public IReadOnlyList<PhoneMessage> After(string? id)
    {
        var all = _log.All();
        return id is null ? all : [.. all.SkipWhile(message => message.MessageId != id).Skip(1)];
    }

    public Task<PhoneMessage> FirstAsync(Func<PhoneMessage, bool> fits, CancellationToken cancellationToken) => _log.FirstAsync(fits, cancellationToken);
}
