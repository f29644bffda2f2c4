using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Devices;

/// <summary>Phone ↔ LID as one step sees it, and the step that learns a pair (wire/04 §11, wire/03 §8).</summary>
internal sealed class StepLids
{
    private readonly LidMap _map;
    private readonly DeviceStep _step;
    private readonly StepSessions _sessions;
    private readonly TimeProvider _time;
    private readonly Dictionary<Jid, Jid?> _known = [];

    public StepLids(LidMap map, DeviceStep step, StepSessions sessions, TimeProvider time)
    {
        (_map, _step, _sessions, _time) = (map, step, sessions, time);
        foreach (var pair in step.Batch.LidMappings)
            Put(pair.Phone, pair.Lid);
    }

    /// <summary>Loads what is known of these accounts, in one query.</summary>
    public async ValueTask LoadAsync(IEnumerable<Jid> accounts, CancellationToken cancellationToken)
    {
        var missing = accounts.Where(account => account.IsUser).Select(account => account.ToAccount()).Where(account => !_known.ContainsKey(account)).Distinct().ToList();
        if (missing.Count == 0)
            return;
        foreach (var (account, other) in await _map.LoadAsync(missing, cancellationToken))
            _known.TryAdd(account, other);
    }

    /// <summary>The other address of an account, or null. Must have been loaded or learned.</summary>
    public Jid? OtherOf(Jid account)
    {
        account = account.ToAccount();
        return _known.GetValueOrDefault(account) ?? _map.OwnOther(account);
    }

    /// <summary>The account under which rows are kept: LID when known, else as given.</summary>
    public Jid Canonical(Jid jid)
    {
        var account = jid.ToAccount();
        return account.IsPhone ? OtherOf(account) ?? account : account;
    }

    /// <summary>The account as events name it: phone number when known, else as given.</summary>
    public Jid Display(Jid jid)
    {
        var account = jid.ToAccount();
        return account.IsLid ? OtherOf(account) ?? account : account;
    }

    /// <summary>The phone-number account, or null when unknown.</summary>
    public Jid? PhoneOf(Jid jid) => jid.IsPhone ? jid.ToAccount() : jid.IsLid ? OtherOf(jid) : null;

    /// <summary>The LID account, or null when unknown.</summary>
    public Jid? LidOf(Jid jid) => jid.IsLid ? jid.ToAccount() : jid.IsPhone ? OtherOf(jid) : null;

    /// <summary>The one session address of a device: under its LID when known.</summary>
    public SignalAddress AddressOf(Jid device) =>
        device.IsPhone && OtherOf(device) is { } lid ? new SignalAddress(lid.User, lid.Server, device.Device) : SignalAddress.Of(device);

    /// <summary>
    /// Takes a pair. When it is new, sessions, identities and sender keys kept under the phone number move to the LID in this same step
    /// (what is already under the LID wins), and <see cref="LidMapped"/> is told.
    /// </summary>
    public async ValueTask LearnAsync(Jid phone, Jid lid, string source, CancellationToken cancellationToken)
    {
        (phone, lid) = (phone.ToAccount(), lid.ToAccount());
        if (!phone.IsPhone || !lid.IsLid || _map.OwnOther(phone) is not null || _map.OwnOther(lid) is not null)
            return;
        await LoadAsync([phone, lid], cancellationToken);
        if (OtherOf(phone) == lid && OtherOf(lid) == phone)
            return;
        await MigrateAsync(phone, lid, cancellationToken);
        await _sessions.SenderKeys.MoveAsync(phone, lid, cancellationToken);
        Put(phone, lid);
        _step.Batch.LidMappings.Add(new LidMapping(phone, lid, source, _time.GetUtcNow().ToUnixTimeMilliseconds()));
        _step.Batch.Events.Add(new LidMapped(phone, lid));
        _step.AfterCommit.Add(() => _map.Remember(phone, lid));
    }

    private async ValueTask MigrateAsync(Jid phone, Jid lid, CancellationToken cancellationToken)
    {
        var addresses = await _sessions.LoadAccountAsync(phone, cancellationToken);
        if (addresses.Count == 0)
            return;
        var targets = addresses.ToDictionary(address => address, address => new SignalAddress(lid.User, lid.Server, address.Device));
        await _sessions.LoadAsync(targets.Values, cancellationToken);
        foreach (var (from, to) in targets)
        {
            if (_sessions.Find(to) is null)
            {
                _sessions.Set(to, _sessions.Find(from)!);
                if (_sessions.Identity(from) is { } identity)
                    _sessions.SetIdentity(to, identity);
            }
            _sessions.Remove(from);
        }
    }

    private void Put(Jid phone, Jid lid)
    {
        _known[phone] = lid;
        _known[lid] = phone;
    }
}
