using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Devices;

/// <summary>
/// The sessions and identities as one step sees them: what it changed itself, else what earlier handlers of the step put in the batch,
/// else the cache, else the store. Nothing reaches the batch before <see cref="Flush"/>, nothing the cache before the commit.
/// </summary>
internal sealed class StepSessions(DeviceStep step, SessionCache cache, IDeviceStore store)
{
    private readonly Dictionary<SignalAddress, SessionRecord?> _sessions = [];
    private readonly Dictionary<SignalAddress, byte[]?> _identities = [];
    private readonly HashSet<SignalAddress> _changedSessions = [];
    private readonly HashSet<SignalAddress> _changedIdentities = [];

    /// <summary>Sender keys of the same step.</summary>
    public StepSenderKeys SenderKeys { get; } = new(step, cache.SenderKeys, store);

    /// <summary>Loads sessions that are not in memory yet, in one query.</summary>
    public async ValueTask LoadAsync(IEnumerable<SignalAddress> addresses, CancellationToken cancellationToken)
    {
        List<SignalAddress>? missing = null;
        foreach (var address in addresses)
        {
            if (_sessions.ContainsKey(address))
                continue;
            if (step.Batch.Sessions.TryGetValue(address, out var bytes))
                _sessions[address] = Read(bytes);
            else if (cache.TryGet(address, out var cached))
                _sessions[address] = cached;
            else
            {
                _sessions[address] = null;
                (missing ??= []).Add(address);
            }
        }
        if (missing is null)
            return;
        foreach (var (address, bytes) in await store.LoadSessionsAsync(missing, cancellationToken))
            _sessions[address] = Read(bytes);
    }

    /// <summary>Loads trusted identities, in one query.</summary>
    public async ValueTask LoadIdentitiesAsync(IEnumerable<SignalAddress> addresses, CancellationToken cancellationToken)
    {
        List<SignalAddress>? missing = null;
        foreach (var address in addresses)
        {
            if (_identities.ContainsKey(address))
                continue;
            if (step.Batch.Identities.TryGetValue(address, out var identity))
                _identities[address] = identity;
            else
            {
                _identities[address] = null;
                (missing ??= []).Add(address);
            }
        }
        if (missing is null)
            return;
        foreach (var (address, identity) in await store.LoadIdentitiesAsync(missing, cancellationToken))
            _identities[address] = identity;
    }

    /// <summary>Loads every session and identity of an account and returns the addresses that have a session.</summary>
    public async ValueTask<IReadOnlyList<SignalAddress>> LoadAccountAsync(Jid account, CancellationToken cancellationToken)
    {
        account = account.ToAccount();
        foreach (var (address, bytes) in await store.LoadSessionsOfAsync(account, cancellationToken))
            if (!_sessions.ContainsKey(address))
                _sessions[address] = step.Batch.Sessions.TryGetValue(address, out var newer) ? Read(newer) : Read(bytes);
        foreach (var (address, bytes) in step.Batch.Sessions)
            if (Belongs(address, account) && !_sessions.ContainsKey(address))
                _sessions[address] = Read(bytes);
        var found = _sessions.Where(entry => entry.Value is not null && Belongs(entry.Key, account)).Select(entry => entry.Key).ToList();
        await LoadIdentitiesAsync(found.Append(SignalAddress.Of(account)), cancellationToken);
        return found;
    }

    /// <summary>The session, or null. Must have been loaded.</summary>
    public SessionRecord? Find(SignalAddress address) => _sessions.GetValueOrDefault(address);

    /// <summary>The trusted identity, raw 32 bytes, or null. Must have been loaded.</summary>
    public byte[]? Identity(SignalAddress address) => _identities.GetValueOrDefault(address);

    /// <summary>Puts a session.</summary>
    public void Set(SignalAddress address, SessionRecord record)
    {
        _sessions[address] = record;
        _changedSessions.Add(address);
    }

    /// <summary>Trusts an identity.</summary>
    public void SetIdentity(SignalAddress address, byte[] identity)
    {
        _identities[address] = identity;
        _changedIdentities.Add(address);
    }

    /// <summary>Drops session and identity.</summary>
    public void Remove(SignalAddress address)
    {
        _sessions[address] = null;
        _identities[address] = null;
        _changedSessions.Add(address);
        _changedIdentities.Add(address);
    }

    /// <summary>Drops the session, keeps the identity.</summary>
    public void RemoveSession(SignalAddress address)
    {
        _sessions[address] = null;
        _changedSessions.Add(address);
    }

    /// <summary>Writes the changes into the batch and the cache update behind the commit.</summary>
    public void Flush()
    {
        SenderKeys.Flush();
        foreach (var address in _changedSessions)
            step.Batch.Sessions[address] = _sessions[address]?.Serialize();
        foreach (var address in _changedIdentities)
            step.Batch.Identities[address] = _identities[address];
        var changed = _changedSessions.ToList();
        var seen = _sessions.Where(entry => entry.Value is not null || changed.Contains(entry.Key)).ToList();
        _changedSessions.Clear();
        _changedIdentities.Clear();
        if (seen.Count == 0)
            return;
        step.AfterCommit.Add(() =>
        {
            foreach (var (address, record) in seen)
                if (record is null)
                    cache.Remove(address);
                else
                    cache.Set(address, record);
        });
    }

    private static bool Belongs(SignalAddress address, Jid account) => address.User == account.User && address.Server == account.Server;

    // A record this version cannot read is no session: the peer is asked for a resend and a new one is built.
    private static SessionRecord? Read(byte[]? bytes)
    {
        if (bytes is null)
            return null;
        try
        {
            return SessionRecord.Deserialize(bytes);
        }
        catch (Exception error) when (error is SignalException or FormatException or InvalidDataException or ArgumentException)
        {
            return null;
        }
    }
}
