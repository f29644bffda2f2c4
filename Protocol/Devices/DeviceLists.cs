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
    // The members of the largest group, in one form.
    private const int MaxKnown = 1536;
    private static readonly TimeSpan MaxAge = TimeSpan.FromDays(1);
    private static readonly IReadOnlyList<int> PhoneOnly = [0];
    private readonly Lock _gate = new();
    private readonly Dictionary<Jid, Question> _asking = [];
    private readonly LruCache<Jid, DeviceListEntry> _known = new(MaxKnown);
    private long _version;

    /// <summary>Changes whenever any list changed.</summary>
    public long Version => Interlocked.Read(ref _version);

    /// <summary>True for a list that the server did not give: the phone alone, for want of better knowledge.</summary>
    public static bool IsGuess(IReadOnlyList<int> devices) => ReferenceEquals(devices, PhoneOnly);

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
            lists[account] = await asked.OfAsync(account, cancellationToken);
        return lists;
    }

    /// <summary>Asks the server again, whatever is known.</summary>
    public async Task<IReadOnlyDictionary<Jid, IReadOnlyList<int>>> RefreshAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken)
    {
        foreach (var account in accounts)
            Forget(account);
        Dictionary<Jid, IReadOnlyList<int>> lists = [];
        foreach (var (account, asked) in Ask(accounts.Distinct().ToList()))
            lists[account] = await asked.OfAsync(account, cancellationToken);
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
        Interlocked.Increment(ref _version);
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
        Interlocked.Increment(ref _version);
        lock (_gate)
            _asking.Remove(account);
    }

    private List<(Jid, Question)> Ask(List<Jid> accounts)
    {
        List<(Jid, Question)> asked = [];
        lock (_gate)
        {
            var mine = accounts.Where(account => !_asking.ContainsKey(account)).ToList();
            if (mine.Count > 0)
            {
                var question = new Question();
                foreach (var account in mine)
                    _asking[account] = question;
                question.Answer = AskServerAsync(question, mine);
            }
            foreach (var account in accounts)
                asked.Add((account, _asking[account]));
        }
        return asked;
    }

    private async Task<Dictionary<Jid, IReadOnlyList<int>>> AskServerAsync(Question question, List<Jid> accounts)
    {
        await Task.Yield();
        try
        {
            var lists = await FetchAsync(accounts);
            // Invalidated meanwhile: used once, not kept.
            List<Jid> kept;
            lock (_gate)
                kept = [.. lists.Keys.Where(account => _asking.GetValueOrDefault(account) == question)];
            if (kept.Count > 0)
                await KeepAsync(kept.ConvertAll(account => (account, lists[account])));
            return lists;
        }
        finally
        {
            lock (_gate)
                foreach (var account in accounts)
                    if (_asking.GetValueOrDefault(account) == question)
                        _asking.Remove(account);
        }
    }

    private Task<bool> KeepAsync(List<(Jid Account, IReadOnlyList<int> Devices)> lists) =>
        link.RunStepAsync((step, _) =>
        {
            var now = link.Time.GetUtcNow().ToUnixTimeMilliseconds();
            foreach (var (account, devices) in lists)
            {
                var entry = new DeviceListEntry(devices, now);
                step.Batch.DeviceLists[account] = entry;
                step.AfterCommit.Add(() => _known.Set(account, entry));
            }
            step.AfterCommit.Add(() => Interlocked.Increment(ref _version));
            return ValueTask.FromResult(true);
        }, CancellationToken.None);

    private async Task<Dictionary<Jid, IReadOnlyList<int>>> FetchAsync(List<Jid> accounts)
    {
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

    /// <summary>One question to the server, for one account or many.</summary>
    private sealed class Question
    {
        public Task<Dictionary<Jid, IReadOnlyList<int>>> Answer { get; set; } = null!;

        public async Task<IReadOnlyList<int>> OfAsync(Jid account, CancellationToken cancellationToken) =>
            (await Answer.WaitAsync(cancellationToken)).GetValueOrDefault(account, PhoneOnly);
    }
}
