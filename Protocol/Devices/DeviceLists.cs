using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Devices;

/// <summary>
/// Device lists of accounts: memory, then store, then one usync for all that are missing (wire/04 §2.1). One question per account at a time.
/// Kept until something says they changed, a day at most.
/// </summary>
internal sealed class DeviceLists(IDeviceLink link, ILogger logger)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);
    private static readonly IReadOnlyList<int> PhoneOnly = [0];
    private readonly Lock _gate = new();
    private readonly Dictionary<Jid, Task<IReadOnlyList<int>>> _asking = [];
    private readonly LruCache<Jid, DeviceListEntry> _known = new(512);

    /// <summary>The device numbers of each account. An account the server gives no list for has its phone alone.</summary>
    /// <exception cref="LinkClosedException">The server could not be asked.</exception>
    public async Task<IReadOnlyDictionary<Jid, IReadOnlyList<int>>> GetAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken)
    {
        Dictionary<Jid, IReadOnlyList<int>> lists = [];
        var missing = accounts.Where(account => !TryKnown(account, lists)).Distinct().ToList();
        if (missing.Count > 0)
        {
            foreach (var (account, entry) in await link.Store.LoadDeviceListsAsync(missing, cancellationToken))
                if (IsFresh(entry))
                {
                    _known.Fill(account, entry);
                    lists[account] = entry.Devices;
                }
            missing.RemoveAll(lists.ContainsKey);
        }
        foreach (var (account, asked) in Ask(missing))
            lists[account] = await asked.WaitAsync(cancellationToken);
        return lists;
    }

    /// <summary>Asks the server again, whatever is known.</summary>
    public async Task<IReadOnlyDictionary<Jid, IReadOnlyList<int>>> RefreshAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken)
    {
        foreach (var account in accounts)
            Forget(account);
        Dictionary<Jid, IReadOnlyList<int>> lists = [];
        foreach (var (account, asked) in Ask(accounts.Distinct().ToList()))
            lists[account] = await asked.WaitAsync(cancellationToken);
        return lists;
    }

    /// <summary>Drops an account's list, in the batch and in memory.</summary>
    public void Invalidate(DeviceStep step, Jid account)
    {
        account = account.ToAccount();
        step.Batch.DeviceLists[account] = null;
        step.AfterCommit.Add(() => Forget(account));
    }

    /// <summary>Forgets everything: another account is linked.</summary>
    public void Clear()
    {
        _known.Clear();
        lock (_gate)
            _asking.Clear();
    }

    private bool TryKnown(Jid account, Dictionary<Jid, IReadOnlyList<int>> lists)
    {
        if (!_known.TryGet(account, out var entry) || !IsFresh(entry))
            return false;
        lists[account] = entry.Devices;
        return true;
    }

    private bool IsFresh(DeviceListEntry entry) => link.Time.GetUtcNow().ToUnixTimeMilliseconds() - entry.FetchedAt < MaxAge.TotalMilliseconds;

    private void Forget(Jid account)
    {
        _known.Remove(account);
        lock (_gate)
            _asking.Remove(account);
    }

    private List<(Jid, Task<IReadOnlyList<int>>)> Ask(List<Jid> accounts)
    {
        List<(Jid, Task<IReadOnlyList<int>>)> asked = [];
        lock (_gate)
        {
            var mine = accounts.Where(account => !_asking.ContainsKey(account)).ToList();
            if (mine.Count > 0)
            {
                var fetch = FetchAsync(mine);
                foreach (var account in mine)
                    _asking[account] = PickAsync(account, fetch);
            }
            foreach (var account in accounts)
                asked.Add((account, _asking[account]));
        }
        return asked;
    }

    private async Task<IReadOnlyList<int>> PickAsync(Jid account, Task<Dictionary<Jid, IReadOnlyList<int>>> fetch)
    {
        await Task.Yield();
        Task<IReadOnlyList<int>>? mine;
        lock (_gate)
            mine = _asking.GetValueOrDefault(account);
        try
        {
            var lists = await fetch;
            if (!lists.TryGetValue(account, out var devices))
                return PhoneOnly;
            lock (_gate)
                if (_asking.GetValueOrDefault(account) != mine)
                    return devices; // invalidated meanwhile: use it once, do not keep it
            await KeepAsync(account, devices);
            return devices;
        }
        finally
        {
            lock (_gate)
                if (_asking.GetValueOrDefault(account) == mine)
                    _asking.Remove(account);
        }
    }

    private Task<bool> KeepAsync(Jid account, IReadOnlyList<int> devices) =>
        link.RunStepAsync((step, _) =>
        {
            var entry = new DeviceListEntry(devices, link.Time.GetUtcNow().ToUnixTimeMilliseconds());
            step.Batch.DeviceLists[account] = entry;
            step.AfterCommit.Add(() => _known.Set(account, entry));
            return ValueTask.FromResult(true);
        }, CancellationToken.None);

    private async Task<Dictionary<Jid, IReadOnlyList<int>>> FetchAsync(List<Jid> accounts)
    {
        await Task.Yield();
        Dictionary<Jid, IReadOnlyList<int>> lists = [];
        try
        {
            var answer = await link.QueryAsync(Usync.Devices(StanzaIds.New(), accounts), CancellationToken.None);
            foreach (var user in Usync.Read(answer))
                if (user.Devices is { } devices && KeyIndexFilter.Apply(devices) is { Count: > 0 } kept)
                    lists[user.Jid.ToAccount()] = kept;
        }
        catch (IqErrorException error)
        {
            DeviceLog.DeviceListsRefused(logger, accounts.Count, error.Code);
        }
        return lists;
    }
}
