using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Tests.Device;

/// <summary>
/// A device's durable data in memory, fenced like the real stores: <see cref="NextOwner"/> gives the same data to a new owner,
/// and every commit of an earlier owner is refused. Commits are recorded and can be made to fail.
/// </summary>
internal sealed partial class InMemoryDeviceStore : IDeviceStore
{
    private readonly Tables _tables;
    private readonly int _epoch;

    public InMemoryDeviceStore() : this(new Tables { Epoch = 1 }, 1) { }

    private InMemoryDeviceStore(Tables tables, int epoch) => (_tables, _epoch) = (tables, epoch);

    /// <summary>Called with the number (from 1, over all owners) and content of a commit before it is applied; throw to refuse it.</summary>
    public Action<int, DeviceBatch>? BeforeCommit { get; set; }

    /// <summary>Called after a commit is durable; throw to lose the answer.</summary>
    public Action<int, DeviceBatch>? AfterCommit { get; set; }

    /// <summary>Awaited before every load and commit: a slow or stopped database.</summary>
    public Func<CancellationToken, ValueTask>? Delay { get; set; }

    /// <summary>All applied batches, in order, over all owners.</summary>
    public IReadOnlyList<DeviceBatch> Batches { get { lock (_tables) return [.. _tables.Batches]; } }

    /// <summary>Events of all applied batches, in order.</summary>
    public IReadOnlyList<Events.DeviceEvent> Events => [.. Batches.SelectMany(batch => batch.Events)];

    public DeviceCredentials? Credentials { get { lock (_tables) return _tables.Credentials; } }
    public IReadOnlyDictionary<SignalAddress, byte[]> Sessions => Copy(_tables.Sessions);
    public IReadOnlyDictionary<SignalAddress, byte[]> Identities => Copy(_tables.Identities);
    public IReadOnlyDictionary<SenderKeyName, byte[]> SenderKeys => Copy(_tables.SenderKeys);
    public IReadOnlyCollection<SenderKeyMark> SenderKeyMarks { get { lock (_tables) return [.. _tables.SenderKeyMarks]; } }
    public IReadOnlyDictionary<uint, PreKey> PreKeys => Copy(_tables.PreKeys);
    public IReadOnlyCollection<uint> UploadedPreKeys { get { lock (_tables) return [.. _tables.Uploaded]; } }
    public IReadOnlyDictionary<Jid, LidMapping> LidMappings => Copy(_tables.Mappings);
    public IReadOnlyDictionary<Jid, DeviceListEntry> DeviceLists => Copy(_tables.DeviceLists);
    public IReadOnlyDictionary<MessageKey, StoredMessage> Messages => Copy(_tables.Messages);
    public IReadOnlyDictionary<PollVoteKey, PollVote> PollVotes => Copy(_tables.PollVotes);
    public IReadOnlyDictionary<Jid, PrivacyToken> PrivacyTokens => Copy(_tables.PrivacyTokens);
    public IReadOnlyDictionary<Jid, ChatTimer> ChatTimers => Copy(_tables.ChatTimers);

    public IReadOnlyDictionary<MessageKey, StoredMedia> Media => Copy(_tables.Media);

    /// <summary>The same data under a new owner: this store's commits fail with <see cref="FencedException"/> from now on.</summary>
    public InMemoryDeviceStore NextOwner()
    {
        lock (_tables)
            return new InMemoryDeviceStore(_tables, ++_tables.Epoch);
    }

    /// <summary>Completes when an event of this type is committed (or was, at or after <paramref name="skip"/> earlier ones).</summary>
    public async Task<T> EventAsync<T>(int skip = 0, CancellationToken cancellationToken = default) where T : Events.DeviceEvent
    {
        while (true)
        {
            Task changed;
            lock (_tables)
            {
                if (_tables.Batches.SelectMany(batch => batch.Events).OfType<T>().Skip(skip).FirstOrDefault() is { } found)
                    return found;
                changed = _tables.Changed.Task;
            }
            await changed.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
        }
    }

    /// <summary>Completes when the condition holds, looked at after every commit.</summary>
    public async Task UntilAsync(Func<InMemoryDeviceStore, bool> condition, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Task changed;
            lock (_tables)
                changed = _tables.Changed.Task;
            if (condition(this))
                return;
            await changed.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken);
        }
    }

    public async ValueTask<DeviceCredentials?> LoadCredentialsAsync(CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        return Credentials;
    }

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsAsync(IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken) =>
        FindAsync(_tables.Sessions, addresses, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsOfAsync(Jid account, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        var owner = SignalAddress.Of(account);
        lock (_tables)
            return _tables.Sessions.Where(row => row.Key.User == owner.User && row.Key.Server == owner.Server).ToDictionary();
    }

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadIdentitiesAsync(IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken) =>
        FindAsync(_tables.Identities, addresses, cancellationToken);

    public async ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSenderKeysAsync(Jid group, IReadOnlyCollection<SignalAddress> senders, CancellationToken cancellationToken) =>
        (await FindAsync(_tables.SenderKeys, [.. senders.Select(sender => new SenderKeyName(group, sender))], cancellationToken)).ToDictionary(row => row.Key.Sender, row => row.Value);

    public async ValueTask<IReadOnlyDictionary<SenderKeyName, byte[]>> LoadSenderKeysOfAsync(Jid account, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        var owner = SignalAddress.Of(account);
        lock (_tables)
            return _tables.SenderKeys.Where(row => row.Key.Sender.User == owner.User && row.Key.Sender.Server == owner.Server).ToDictionary();
    }

    public async ValueTask<IReadOnlySet<SignalAddress>> LoadSenderKeyMarksAsync(Jid group, uint keyId, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return _tables.SenderKeyMarks.Where(mark => mark.Group == group && mark.KeyId == keyId).Select(mark => mark.Device).ToHashSet();
    }

    public ValueTask<IReadOnlyDictionary<uint, PreKey>> LoadPreKeysAsync(IReadOnlyCollection<uint> ids, CancellationToken cancellationToken) =>
        FindAsync(_tables.PreKeys, ids, cancellationToken);

    public async ValueTask<IReadOnlyList<PreKey>> LoadUnuploadedPreKeysAsync(CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return [.. _tables.PreKeys.Values.Where(key => !_tables.Uploaded.Contains(key.Id)).OrderBy(key => key.Id)];
    }

    public async ValueTask<IReadOnlyList<LidMapping>> LoadLidMappingsAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        var wanted = accounts.Select(account => account.ToAccount()).ToHashSet();
        lock (_tables)
            return [.. _tables.Mappings.Values.Where(pair => wanted.Contains(pair.Phone) || wanted.Contains(pair.Lid))];
    }

    public ValueTask<IReadOnlyDictionary<Jid, DeviceListEntry>> LoadDeviceListsAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        FindAsync(_tables.DeviceLists, accounts, cancellationToken);

    public ValueTask<IReadOnlyDictionary<MessageKey, StoredMessage>> LoadMessagesAsync(IReadOnlyCollection<MessageKey> keys, CancellationToken cancellationToken) =>
        FindAsync(_tables.Messages, keys, cancellationToken);

    public async ValueTask<IReadOnlyList<StoredMessage>> LoadOutgoingAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return [.. _tables.Messages.Values.Where(message => message.FromMe && messageIds.Contains(message.Key.Id))];
    }

    public async ValueTask<IReadOnlyList<StoredMessage>> LoadReceivedAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return [.. _tables.Messages.Values.Where(message => !message.FromMe && messageIds.Contains(message.Key.Id))];
    }

    public async ValueTask<IReadOnlyList<StoredMessage>> LoadUnreadAsync(IReadOnlyCollection<Jid> chats, int newest, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return [.. chats.SelectMany(chat => _tables.Messages.Values.Where(message => message.Key.Chat == chat).OrderByDescending(message => message.Timestamp).Take(newest))
                .Where(message => message is { FromMe: false, Status: MessageStatus.Received, Type: not ("reaction" or "edited" or "revoked" or "protocol" or "poll_vote" or "event_response" or "pin" or "keep" or "ephemeral_setting") }).OrderBy(message => message.Timestamp).ThenBy(message => message.CreatedAt)];
    }

    public async ValueTask<IReadOnlyList<StoredMessage>> FindMessagesAsync(string messageId, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return [.. _tables.Messages.Values.Where(message => message.Key.Id == messageId).OrderByDescending(message => message.CreatedAt).Take(20)];
    }

    public async ValueTask<IReadOnlyList<StoredMedia>> FindMediaAsync(string messageId, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return [.. _tables.Media.Values.Where(media => media.Key.Id == messageId).OrderByDescending(media => media.CreatedAt).Take(20)];
    }

    public async ValueTask<IReadOnlyList<StoredMessage>> LoadPendingAsync(long dueBy, int limit, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return [.. _tables.Messages.Values.Where(message => message is { FromMe: true, Status: MessageStatus.Queued or MessageStatus.Pending } && message.DueAt <= dueBy)
                .OrderBy(message => message.Priority).ThenBy(message => Math.Max(message.DueAt, message.CreatedAt)).Take(limit)];
    }

    public async ValueTask<IReadOnlyList<StoredMessage>> LoadDueAsync(long after, long until, int limit, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return [.. _tables.Messages.Values.Where(message => message is { FromMe: true, Status: MessageStatus.Queued } && message.DueAt > after && message.DueAt <= until)
                .OrderBy(message => message.DueAt).ThenBy(message => message.Priority).ThenBy(message => message.CreatedAt).Take(limit)];
    }

    public async ValueTask<IReadOnlyList<PollVote>> LoadPollVotesAsync(MessageKey poll, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return [.. _tables.PollVotes.Values.Where(vote => vote.Key.Poll == poll)];
    }

    public ValueTask<IReadOnlyDictionary<Jid, PrivacyToken>> LoadPrivacyTokensAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        FindAsync(_tables.PrivacyTokens, accounts, cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, ChatTimer>> LoadChatTimersAsync(IReadOnlyCollection<Jid> chats, CancellationToken cancellationToken) =>
        FindAsync(_tables.ChatTimers, chats, cancellationToken);

    public async ValueTask CommitAsync(DeviceBatch batch, CancellationToken cancellationToken)
    {
        await WaitAsync(cancellationToken);
        int number;
        lock (_tables)
        {
            if (_tables.Epoch != _epoch)
                throw new FencedException("a newer owner has this device");
            number = _tables.Batches.Count + 1;
            BeforeCommit?.Invoke(number, batch);
            _tables.Apply(batch);
            var changed = _tables.Changed;
            _tables.Changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            changed.SetResult();
        }
        AfterCommit?.Invoke(number, batch);
    }

    private ValueTask WaitAsync(CancellationToken cancellationToken) => Delay?.Invoke(cancellationToken) ?? ValueTask.CompletedTask;

    private async ValueTask<IReadOnlyDictionary<TKey, TValue>> FindAsync<TKey, TValue>(
        Dictionary<TKey, TValue> table, IReadOnlyCollection<TKey> keys, CancellationToken cancellationToken) where TKey : notnull
    {
        await WaitAsync(cancellationToken);
        lock (_tables)
            return keys.Distinct().Where(table.ContainsKey).ToDictionary(key => key, key => table[key]);
    }

    private Dictionary<TKey, TValue> Copy<TKey, TValue>(Dictionary<TKey, TValue> table) where TKey : notnull
    {
        lock (_tables)
            return new Dictionary<TKey, TValue>(table);
    }
}
