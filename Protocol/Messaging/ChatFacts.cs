using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// What every text to somebody needs to know of the chat, as committed: its disappearing timer and the token its contact gave. "None" is remembered
/// too, so that it is asked once. Whoever changes one in a step forgets it here after the commit.
/// </summary>
internal sealed class ChatFacts
{
    private const int Remembered = 256;
    private readonly LruCache<Jid, ChatTimer?> _timers = new(Remembered);
    private readonly LruCache<Jid, PrivacyToken?> _tokens = new(Remembered);
    private int _changes;

    /// <summary>The timer of a chat, or null.</summary>
    public async ValueTask<ChatTimer?> TimerAsync(IDeviceStore store, Jid chat, CancellationToken cancellationToken)
    {
        if (_timers.TryGet(chat, out var known))
            return known;
        var changes = Volatile.Read(ref _changes);
        var found = (await store.LoadChatTimersAsync([chat], cancellationToken)).GetValueOrDefault(chat);
        if (changes == Volatile.Read(ref _changes))
            _timers.Set(chat, found);
        return found;
    }

    /// <summary>What an account gave us, and we it; or null.</summary>
    public async ValueTask<PrivacyToken?> TokenAsync(IDeviceStore store, Jid account, CancellationToken cancellationToken)
    {
        if (_tokens.TryGet(account, out var known))
            return known;
        var changes = Volatile.Read(ref _changes);
        var found = (await store.LoadPrivacyTokensAsync([account], cancellationToken)).GetValueOrDefault(account);
        if (changes == Volatile.Read(ref _changes))
            _tokens.Set(account, found);
        return found;
    }

    /// <summary>A timer was committed.</summary>
    public void ForgetTimer(Jid chat)
    {
        Interlocked.Increment(ref _changes);
        _timers.Remove(chat);
    }

    /// <summary>A token was committed.</summary>
    public void ForgetToken(Jid account)
    {
        Interlocked.Increment(ref _changes);
        _tokens.Remove(account);
    }

    /// <summary>Forgets everything: another account is linked.</summary>
    public void Clear()
    {
        Interlocked.Increment(ref _changes);
        _timers.Clear();
        _tokens.Clear();
    }
}
