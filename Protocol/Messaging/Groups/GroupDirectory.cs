using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Groups;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>
/// What is known of groups: asked when absent, carried on by notices, forgotten when a notice does not follow on it (wire/07 §1).
/// One question per group at a time. What the answers tell of phone numbers and LIDs goes into the map.
/// </summary>
internal sealed class GroupDirectory(IDeviceLink link, LidDirectory lids)
{
    private const int MaxKnown = 64;
    // Pairs learned in one step: a thousand members must not hold up the pump.
    private const int PairsPerStep = 128;
    private readonly Lock _gate = new();
    private readonly Dictionary<Jid, Question> _asking = [];
    private readonly LruCache<Jid, GroupInfo> _known = new(MaxKnown);

    /// <summary>The group when it is in memory, else null.</summary>
    public GroupInfo? Find(Jid group) => _known.TryGet(group, out var info) ? info : null;

    /// <summary>The group, from memory or the server.</summary>
    /// <exception cref="IqErrorException">403 = not a member, 404 = no such group.</exception>
    /// <exception cref="LinkClosedException">The server could not be asked.</exception>
    public async ValueTask<GroupInfo> GetAsync(Jid group, CancellationToken cancellationToken) =>
        Find(group) ?? await Ask(group).WaitAsync(cancellationToken);

    /// <summary>The group as the server has it now.</summary>
    /// <exception cref="IqErrorException">403 = not a member, 404 = no such group.</exception>
    /// <exception cref="LinkClosedException">The server could not be asked.</exception>
    public Task<GroupInfo> RefreshAsync(Jid group, CancellationToken cancellationToken)
    {
        Forget(group);
        return Ask(group).WaitAsync(cancellationToken);
    }

    /// <summary>The groups this account is in, asked now.</summary>
    /// <exception cref="IqErrorException">Refused.</exception>
    /// <exception cref="LinkClosedException">The server could not be asked.</exception>
    public async Task<IReadOnlyList<GroupInfo>> ListAsync(CancellationToken cancellationToken)
    {
        var groups = GroupQueries.ReadGroups(await link.QueryAsync(GroupQueries.Mine(), cancellationToken));
        await LearnAsync(groups.SelectMany(group => group.LidPairs));
        return groups;
    }

    /// <summary>Carries on what is known. After the commit of the step that took the notice.</summary>
    public void Apply(GroupNotice notice, bool weAreOut)
    {
        lock (_gate)
            _asking.Remove(notice.Group); // an answer under way may be older than the notice: used once, not kept
        var after = weAreOut ? null : Find(notice.Group) is { } before ? before.After(notice) : notice.Changes.OfType<GroupCreated>().LastOrDefault()?.Info;
        if (after is null)
            _known.Remove(notice.Group);
        else
            _known.Set(notice.Group, after);
    }

    /// <summary>Forgets one group.</summary>
    public void Forget(Jid group)
    {
        lock (_gate)
            _asking.Remove(group);
        _known.Remove(group);
    }

    /// <summary>Forgets everything: another account is linked.</summary>
    public void Clear()
    {
        lock (_gate)
            _asking.Clear();
        _known.Clear();
    }

    private Task<GroupInfo> Ask(Jid group)
    {
        lock (_gate)
        {
            if (_asking.TryGetValue(group, out var asked))
                return asked.Answer;
            var question = _asking[group] = new Question();
            return question.Answer = AskServerAsync(question, group);
        }
    }

    private async Task<GroupInfo> AskServerAsync(Question question, Jid group)
    {
        await Task.Yield();
        try
        {
            var info = GroupQueries.ReadGroup(await link.QueryAsync(GroupQueries.Info(group), CancellationToken.None))
                ?? throw new IqErrorException(404, "no group in the answer");
            await LearnAsync(info.LidPairs);
            lock (_gate)
                if (_asking.GetValueOrDefault(group) == question)
                    _known.Set(group, info);
            return info;
        }
        finally
        {
            lock (_gate)
                if (_asking.GetValueOrDefault(group) == question)
                    _asking.Remove(group);
        }
    }

    private async Task LearnAsync(IEnumerable<(Jid Phone, Jid Lid)> pairs)
    {
        foreach (var chunk in pairs.Distinct().Select(pair => new LidPair(pair.Phone, pair.Lid)).Chunk(PairsPerStep))
            await link.RunStepAsync(async (step, token) =>
            {
                await lids.LearnAsync(step, chunk, "group", token);
                return true;
            }, CancellationToken.None);
    }

    private sealed class Question
    {
        public Task<GroupInfo> Answer { get; set; } = null!;
    }
}
