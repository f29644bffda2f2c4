using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// What every text to somebody needs to know of the chat, as committed: its disappearing timer and the token its contact gave. "None" is remembered
/// too, so that it is asked once. From the moment a step changes one until after its commit the store is asked, so that nobody sees what was.
/// </summary>
internal sealed class ChatFacts
{
    private const int Remembered = 256;
    private readonly Lock _gate = new();
    private readonly LruCache<Jid, ChatTimer?> _timers = new(Remembered);
    private readonly LruCache<Jid, PrivacyToken?> _tokens = new(Remembered);
    private readonly HashSet<Jid> _changing = [];
    private int _changes;

    /// <summary>The timer of a chat, or null.</summary>
    public ValueTask<ChatTimer?> TimerAsync(IDeviceStore store, Jid chat, CancellationToken cancellationToken) =>
        FindAsync(_timers, chat, async () => (await store.LoadChatTimersAsync([chat], cancellationToken)).GetValueOrDefault(chat));

    /// <summary>What an account gave us, and we it; or null.</summary>
    public ValueTask<PrivacyToken?> TokenAsync(IDeviceStore store, Jid account, CancellationToken cancellationToken) =>
        FindAsync(_tokens, account, async () => (await store.LoadPrivacyTokensAsync([account], cancellationToken)).GetValueOrDefault(account));

    /// <summary>This step changes what is known of an account. Call it before the commit.</summary>
    public void Change(DeviceStep step, Jid account)
    {
        lock (_gate)
        {
            _changing.Add(account);
            _changes++;
            _timers.Remove(account);
            _tokens.Remove(account);
        }
        step.AfterCommit.Add(() =>
        {
            lock (_gate)
            {
                _changing.Remove(account);
                _changes++;
            }
        });
    }

    /// <summary>Forgets everything: another account is linked.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            _changes++;
            _timers.Clear();
            _tokens.Clear();
        }
    }

    private async ValueTask<T?> FindAsync<T>(LruCache<Jid, T?> cache, Jid account, Func<ValueTask<T?>> load) where T : class
    {
        int changes;
        lock (_gate)
        {
            if (cache.TryGet(account, out var known))
                return known;
            changes = _changes;
        }
        var found = await load();
        // What was loaded while something changed may be what was before.
        lock (_gate)
            if (changes == _changes && !_changing.Contains(account))
                cache.Set(account, found);
        return found;
    }
}
