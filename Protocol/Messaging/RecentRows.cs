using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Our own messages of the last minutes, as committed: acks and receipts follow quickly and need no query.</summary>
internal sealed class RecentRows
{
    private const int MaxContent = 1024;
    private readonly LruCache<string, StoredMessage> _rows = new(64);

    /// <summary>The row, or null.</summary>
    public StoredMessage? Find(string messageId) => _rows.TryGet(messageId, out var row) ? row : null;

    /// <summary>Forgets everything: another account is linked.</summary>
    public void Clear() => _rows.Clear();

    /// <summary>Takes a committed row; large ones are left to the store.</summary>
    public void Set(StoredMessage row)
    {
        if (row.Content is { Length: > MaxContent })
            _rows.Remove(row.Key.Id);
        else
            _rows.Set(row.Key.Id, row);
    }
}
