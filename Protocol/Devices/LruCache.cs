using System.Diagnostics.CodeAnalysis;

namespace WhatsApp.Protocol.Devices;

/// <summary>A bounded map that forgets what was used longest ago. Safe to call from any thread.</summary>
internal class LruCache<TKey, TValue>(int capacity) where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, LinkedListNode<KeyValuePair<TKey, TValue>>> _nodes = [];
    private readonly LinkedList<KeyValuePair<TKey, TValue>> _order = new();

    /// <summary>Entries held.</summary>
    public int Count { get { lock (_gate) return _nodes.Count; } }

    /// <summary>Finds an entry and marks it as used.</summary>
    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_gate)
        {
            if (!_nodes.TryGetValue(key, out var node))
            {
                value = default;
                return false;
            }
            _order.Remove(node);
            _order.AddFirst(node);
            value = node.Value.Value;
            return true;
        }
    }

    /// <summary>Adds or replaces an entry.</summary>
    public void Set(TKey key, TValue value)
    {
        lock (_gate)
        {
            RemoveLocked(key);
            AddLocked(key, value);
        }
    }

    /// <summary>Adds an entry unless there is one: what was loaded never overwrites what was committed meanwhile.</summary>
    public void Fill(TKey key, TValue value)
    {
        lock (_gate)
            if (!_nodes.ContainsKey(key))
                AddLocked(key, value);
    }

    /// <summary>Forgets an entry.</summary>
    public void Remove(TKey key)
    {
        lock (_gate)
            RemoveLocked(key);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _nodes.Clear();
            _order.Clear();
        }
    }

    private void AddLocked(TKey key, TValue value)
    {
        _nodes[key] = _order.AddFirst(new KeyValuePair<TKey, TValue>(key, value));
        if (_nodes.Count <= capacity)
            return;
        _nodes.Remove(_order.Last!.Value.Key);
        _order.RemoveLast();
    }

    private void RemoveLocked(TKey key)
    {
        if (_nodes.Remove(key, out var node))
            _order.Remove(node);
    }
}
