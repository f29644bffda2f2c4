using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Message rows as one step sees them: the batch first, then what was loaded.</summary>
internal sealed class StepRows
{
    private readonly DeviceStep _step;
    private readonly IDeviceStore _store;
    private readonly RecentRows _recent;
    private readonly Dictionary<MessageKey, StoredMessage> _loaded = [];
    private readonly Dictionary<string, List<MessageKey>> _own = [];
    private readonly HashSet<string> _asked = [];
    private readonly HashSet<MessageKey> _looked = [];

    public StepRows(DeviceStep step, IDeviceStore store, RecentRows recent)
    {
        (_step, _store, _recent) = (step, store, recent);
        foreach (var row in step.Batch.Messages.Values)
            Index(row);
    }

    /// <summary>Loads rows by key, in one query.</summary>
    public async ValueTask LoadAsync(IEnumerable<MessageKey> keys, CancellationToken cancellationToken)
    {
        var missing = keys.Where(_looked.Add).ToList();
        if (missing.Count == 0)
            return;
        foreach (var (key, row) in await _store.LoadMessagesAsync(missing, cancellationToken))
            _loaded.TryAdd(key, row);
    }

    /// <summary>Loads our own messages by id, in one query.</summary>
    public async ValueTask LoadOutgoingAsync(IEnumerable<string> ids, CancellationToken cancellationToken)
    {
        List<string>? missing = null;
        foreach (var id in ids)
        {
            if (!_asked.Add(id))
                continue;
            if (_recent.Find(id) is { } row)
                Take(row);
            else
                (missing ??= []).Add(id);
        }
        if (missing is null)
            return;
        foreach (var row in await _store.LoadOutgoingAsync(missing, cancellationToken))
            Take(row);
    }

    /// <summary>The row, or null.</summary>
    public StoredMessage? Find(MessageKey key) => _step.Batch.Messages.GetValueOrDefault(key) ?? _loaded.GetValueOrDefault(key);

    /// <summary>Our own messages of this id, in whichever chats.</summary>
    public IEnumerable<StoredMessage> Outgoing(string id) => _own.TryGetValue(id, out var keys) ? keys.Select(key => Find(key)!) : [];

    /// <summary>Writes a row.</summary>
    public void Put(StoredMessage row)
    {
        _step.Batch.Messages[row.Key] = row;
        Index(row);
        if (row.FromMe)
            _step.AfterCommit.Add(() => _recent.Set(row));
    }

    private void Take(StoredMessage row)
    {
        _loaded.TryAdd(row.Key, row);
        Index(row);
    }

    private void Index(StoredMessage row)
    {
        if (!row.FromMe)
            return;
        if (!_own.TryGetValue(row.Key.Id, out var keys))
            _own[row.Key.Id] = keys = [];
        if (!keys.Contains(row.Key))
            keys.Add(row.Key);
    }
}
