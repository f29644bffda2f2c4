using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Devices;

/// <summary>The sender keys as one step sees them (wire/03 §7), with the same rules as <see cref="StepSessions"/>, which flushes them.</summary>
internal sealed class StepSenderKeys(DeviceStep step, LruCache<SenderKeyName, SenderKeyRecord> cache, IDeviceStore store)
{
    private readonly Dictionary<SenderKeyName, SenderKeyRecord?> _records = [];
    private readonly HashSet<SenderKeyName> _changed = [];

    /// <summary>Loads records of one group that are not in memory yet, in one query.</summary>
    public async ValueTask LoadAsync(Jid group, IEnumerable<SignalAddress> senders, CancellationToken cancellationToken)
    {
        List<SignalAddress>? missing = null;
        foreach (var sender in senders)
        {
            var name = new SenderKeyName(group, sender);
            if (_records.ContainsKey(name))
                continue;
            if (step.Batch.SenderKeys.TryGetValue(name, out var bytes))
                _records[name] = Read(bytes);
            else if (cache.TryGet(name, out var cached))
                _records[name] = cached;
            else
            {
                _records[name] = null;
                (missing ??= []).Add(sender);
            }
        }
        if (missing is null)
            return;
        foreach (var (sender, bytes) in await store.LoadSenderKeysAsync(group, missing, cancellationToken))
            _records[new SenderKeyName(group, sender)] = Read(bytes);
    }

    /// <summary>The record, or null. Must have been loaded.</summary>
    public SenderKeyRecord? Find(SenderKeyName name) => _records.GetValueOrDefault(name);

    /// <summary>Puts a record.</summary>
    public void Set(SenderKeyName name, SenderKeyRecord record)
    {
        _records[name] = record;
        _changed.Add(name);
    }

    /// <summary>Drops a record; it need not have been loaded.</summary>
    public void Remove(SenderKeyName name)
    {
        _records[name] = null;
        _changed.Add(name);
    }

    /// <summary>Moves what is kept of a sender's devices under his phone number to his LID; a key already under the LID wins.</summary>
    public async ValueTask MoveAsync(Jid phone, Jid lid, CancellationToken cancellationToken)
    {
        foreach (var (name, bytes) in await store.LoadSenderKeysOfAsync(phone, cancellationToken))
            if (!_records.ContainsKey(name))
                _records[name] = step.Batch.SenderKeys.TryGetValue(name, out var newer) ? Read(newer) : Read(bytes);
        foreach (var (name, bytes) in step.Batch.SenderKeys)
            if (Belongs(name, phone) && !_records.ContainsKey(name))
                _records[name] = Read(bytes);
        foreach (var name in _records.Where(entry => entry.Value is not null && Belongs(entry.Key, phone)).Select(entry => entry.Key).ToList())
        {
            var target = name with { Sender = new SignalAddress(lid.User, lid.Server, name.Sender.Device) };
            await LoadAsync(target.Group, [target.Sender], cancellationToken);
            if (Find(target) is null)
                Set(target, Find(name)!);
            Remove(name);
        }
    }

    /// <summary>Writes the changes into the batch and the cache update behind the commit.</summary>
    public void Flush()
    {
        foreach (var name in _changed)
            step.Batch.SenderKeys[name] = _records[name]?.Serialize();
        var seen = _records.Where(entry => entry.Value is not null || _changed.Contains(entry.Key)).ToList();
        _changed.Clear();
        if (seen.Count == 0)
            return;
        step.AfterCommit.Add(() =>
        {
            foreach (var (name, record) in seen)
                if (record is null)
                    cache.Remove(name);
                else
                    cache.Set(name, record);
        });
    }

    private static bool Belongs(SenderKeyName name, Jid account) => name.Sender.User == account.User && name.Sender.Server == account.Server;

    // A record this version cannot read is no key: the sender is asked for it again.
    private static SenderKeyRecord? Read(byte[]? bytes)
    {
        if (bytes is null)
            return null;
        try
        {
            return SenderKeyRecord.Deserialize(bytes);
        }
        catch (SignalException)
        {
            return null;
        }
    }
}
