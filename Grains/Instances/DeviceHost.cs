using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Telemetry;
using WhatsApp.Grains.Webhooks;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

/// <summary>What a host needs beside its store.</summary>
/// <param name="Media">Files of messages.</param>
/// <param name="Links">Signs the links in events.</param>
/// <param name="Hold">How long an event waits for its file.</param>
/// <param name="OutboxFilled">There are events to deliver.</param>
/// <param name="MediaFilled">There may be files to fetch.</param>
internal sealed record HostSurroundings(IMediaStore Media, SignedLinks Links, EventHold Hold, Action OutboxFilled, Action MediaFilled)
{
    /// <summary>False when this silo's lease has run out: then nothing is written.</summary>
    public Func<bool> MayWrite { get; init; } = static () => true;

    /// <summary>Another client took the connection, and this owner's epoch still holds.</summary>
    public Action Replaced { get; init; } = static () => { };
}

/// <summary>
/// The device's store, bound to one instance and one epoch: turns each device batch into one fenced transaction that also holds the
/// outbox rows of its events and the status line (architecture §3, orleans-notes §3). Used on the grain's scheduler only.
/// </summary>
/// <param name="sessions">Where it is committed.</param>
/// <param name="ownership">As claimed.</param>
/// <param name="claimedAt">Time stamp of the clock when the claim was asked for.</param>
/// <param name="time">Clock.</param>
/// <param name="surroundings">What else it needs.</param>
internal sealed class DeviceHost(ISessionStore sessions, Ownership ownership, long claimedAt, TimeProvider time, HostSurroundings surroundings)
    : IDeviceStore, IDisposable
{
    // Order among thousands needs no better, and costs a write a minute at most.
    private static readonly TimeSpan ActivityStep = TimeSpan.FromMinutes(1);
    // With each message it would be a change of the status line more in every commit.
    private static readonly TimeSpan SeenStep = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _oneCommit = new(1, 1);
    private readonly string _id = ownership.Definition.InstanceId;
    private CreateInstance _request = ownership.Definition.Request;
    private long _sequence = ownership.LastSequence;
    private IReadOnlyList<OwnershipMove> _untold = ownership.Moves;
    // What came with the claim need not be asked for, as long as nothing was written since.
    private DeviceCredentials? _claimed = ownership.Credentials;
    private bool _noneWaits = !ownership.LeftOver.Messages;
    private EventContext _context = new(ownership.Definition.InstanceId, ownership.Definition.Request.Metadata, JidOf(ownership.Status.Jid), JidOf(ownership.Status.Lid));

    /// <summary>As of the last commit.</summary>
    public StatusLine Status { get; private set; } = ownership.Status;

    /// <summary>Time stamp of the clock when this was the owner for certain: when the last claim or commit that went well was asked for.</summary>
    public long ProvenAt { get; private set; } = claimedAt;

    /// <summary>When a message came or went last, to the minute.</summary>
    public DateTimeOffset? LastActiveAt { get; private set; } = ownership.LastActiveAt;

    /// <summary>Takes another definition: endpoints, settings and metadata of the events from now on.</summary>
    public void Apply(CreateInstance request) => (_request, _context) = (request, _context with { Metadata = request.Metadata });

    /// <summary>Commits the batch, its events and the status that follows from them.</summary>
    public ValueTask CommitAsync(DeviceBatch batch, CancellationToken cancellationToken) => CommitAsync(batch, null, null, cancellationToken);

    /// <summary>Tells of moves at once, without a downtime: there is no connection that would open again.</summary>
    public ValueTask TellMovesAsync(CancellationToken cancellationToken) =>
        CommitAsync(new DeviceBatch(), null, null, InstanceMoved.Of(_untold, openAt: null), cancellationToken);

    /// <summary>As above, with a new desired state or a status of the host's own.</summary>
    public ValueTask CommitAsync(DeviceBatch batch, string? status, bool? desired, CancellationToken cancellationToken) =>
        CommitAsync(batch, status, desired, null, cancellationToken);

    private async ValueTask CommitAsync(DeviceBatch batch, string? status, bool? desired, IReadOnlyList<InstanceMoved>? moves, CancellationToken cancellationToken)
    {
        await _oneCommit.WaitAsync(cancellationToken);
        try
        {
            if (!surroundings.MayWrite())
                throw new FencedException($"this silo's lease has run out: {_id} may have another owner");
            var now = time.GetUtcNow();
            var activity = ActivityOf(batch, now);
            var line = StatusAfter(batch, status, now);
            var context = _context with { Jid = JidOf(line.Jid), Lid = JidOf(line.Lid) };
            moves ??= InstanceMoved.SettledBy(batch.Events, _untold, now);
            var rows = BatchRows.Of(batch, _request, context, surroundings.Links, surroundings.Hold, now.ToUnixTimeMilliseconds(), _sequence, moves);
            var began = time.GetTimestamp();
            Forget(batch);
            await sessions.CommitAsync(_id, ownership.Epoch,
                new SessionBatch(batch, rows.Outbox, rows.Sequence > _sequence ? rows.Sequence : 0, ReferenceEquals(line, Status) ? null : line, desired)
                {
                    Media = rows.Media,
                    ActiveAt = activity,
                    Moves = [.. moves.Select(move => new ToldMove(move.Move.Epoch, move.Downtime))],
                }, cancellationToken);
            ProvenAt = began;
            ProductMeter.Committed(time.GetElapsedTime(began));
            ProductMeter.Happened(batch.Events);
            if (moves.Count > 0)
                _untold = [];
            (_sequence, _context, Status) = (rows.Sequence, context, line);
            LastActiveAt = activity ?? LastActiveAt;
            if (batch.Events.Any(static one => one is ConnectionClosed { Reason: "connection_replaced" }))
                surroundings.Replaced();
            if (rows.Outbox.Count > 0)
                surroundings.OutboxFilled();
            if (rows.Media.Count > 0)
                surroundings.MediaFilled();
        }
        catch (FencedException)
        {
            ProductMeter.WasFenced();
            throw;
        }
        finally
        {
            _oneCommit.Release();
        }
    }

    private void Forget(DeviceBatch batch)
    {
        if (batch.Credentials is not null || batch.ForgetDevice)
            _claimed = null;
        if (batch.Messages.Count > 0)
            _noneWaits = false;
    }

    private DateTimeOffset? ActivityOf(DeviceBatch batch, DateTimeOffset now) =>
        batch.Messages.Count > 0 && !(now - LastActiveAt < ActivityStep) ? now : null;

    private StatusLine StatusAfter(DeviceBatch batch, string? status, DateTimeOffset now)
    {
        var line = Status;
        foreach (var deviceEvent in batch.Events)
            line = deviceEvent switch
            {
                ConnectionOpened opened => line with
                {
                    Status = "open",
                    Jid = opened.Jid.ToAccount().ToString(),
                    Lid = opened.Lid?.ToAccount().ToString(),
                    PushName = opened.PushName,
                    ConnectedAt = now,
                    LastSeenAt = now,
                },
                ConnectionClosed closed => line with
                {
                    Status = StatusNames.Of(closed),
                    LastSeenAt = now,
                    LastDisconnect = new DisconnectReport(closed.Reason, closed.Code, now, closed.WillReconnect),
                },
                QrUpdated => line with { Status = "qr" },
                PasskeyRequired => line with { Status = "passkey_required" },
                PasskeyConfirm => line with { Status = "passkey_confirm" },
                MessageArrived when !(now - line.LastSeenAt < SeenStep) => line with { LastSeenAt = now },
                _ => line,
            };
        if (batch.ForgetDevice)
            line = line with { Jid = null, Lid = null, PushName = null };
        return status is null ? line : line with { Status = status };
    }

    public async ValueTask<IReadOnlyList<StoredMedia>> FindMediaAsync(string messageId, CancellationToken cancellationToken) =>
        [.. (await surroundings.Media.FindAsync(_id, messageId, cancellationToken)).Select(row => row.Media)];

    public void Dispose() => _oneCommit.Dispose();

    private static Jid? JidOf(string? text) => Jid.TryParse(text, out var jid) ? jid : null;

    public ValueTask<DeviceCredentials?> LoadCredentialsAsync(CancellationToken cancellationToken) => Interlocked.Exchange(ref _claimed, null) is { } claimed
        ? ValueTask.FromResult<DeviceCredentials?>(claimed)
        : sessions.LoadCredentialsAsync(_id, cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsAsync(IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken) =>
        sessions.LoadSessionsAsync(_id, addresses, cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsOfAsync(Jid account, CancellationToken cancellationToken) =>
        sessions.LoadSessionsOfAsync(_id, account, cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadIdentitiesAsync(IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken) =>
        sessions.LoadIdentitiesAsync(_id, addresses, cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSenderKeysAsync(Jid group, IReadOnlyCollection<SignalAddress> senders, CancellationToken cancellationToken) =>
        sessions.LoadSenderKeysAsync(_id, group, senders, cancellationToken);

    public ValueTask<IReadOnlyDictionary<SenderKeyName, byte[]>> LoadSenderKeysOfAsync(Jid account, CancellationToken cancellationToken) =>
        sessions.LoadSenderKeysOfAsync(_id, account, cancellationToken);

    public ValueTask<IReadOnlySet<SignalAddress>> LoadSenderKeyMarksAsync(Jid group, uint keyId, CancellationToken cancellationToken) =>
        sessions.LoadSenderKeyMarksAsync(_id, group, keyId, cancellationToken);

    public ValueTask<IReadOnlyDictionary<uint, PreKey>> LoadPreKeysAsync(IReadOnlyCollection<uint> ids, CancellationToken cancellationToken) =>
        sessions.LoadPreKeysAsync(_id, ids, cancellationToken);

    public ValueTask<IReadOnlyList<PreKey>> LoadUnuploadedPreKeysAsync(CancellationToken cancellationToken) =>
        sessions.LoadUnuploadedPreKeysAsync(_id, cancellationToken);

    public ValueTask<IReadOnlyList<LidMapping>> LoadLidMappingsAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        sessions.LoadLidMappingsAsync(_id, accounts, cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, DeviceListEntry>> LoadDeviceListsAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        sessions.LoadDeviceListsAsync(_id, accounts, cancellationToken);

    public ValueTask<IReadOnlyDictionary<MessageKey, StoredMessage>> LoadMessagesAsync(IReadOnlyCollection<MessageKey> keys, CancellationToken cancellationToken) =>
        sessions.LoadMessagesAsync(_id, keys, cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadOutgoingAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) =>
        sessions.LoadOutgoingAsync(_id, messageIds, cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadReceivedAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) =>
        sessions.LoadReceivedAsync(_id, messageIds, cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadUnreadAsync(IReadOnlyCollection<Jid> chats, int newest, CancellationToken cancellationToken) =>
        sessions.LoadUnreadAsync(_id, chats, newest, cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> FindMessagesAsync(string messageId, CancellationToken cancellationToken) =>
        sessions.FindMessagesAsync(_id, messageId, cancellationToken);

    public ValueTask<IReadOnlyList<PollVote>> LoadPollVotesAsync(MessageKey poll, CancellationToken cancellationToken) =>
        sessions.LoadPollVotesAsync(_id, poll, cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, PrivacyToken>> LoadPrivacyTokensAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        sessions.LoadPrivacyTokensAsync(_id, accounts, cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, ChatTimer>> LoadChatTimersAsync(IReadOnlyCollection<Jid> chats, CancellationToken cancellationToken) =>
        sessions.LoadChatTimersAsync(_id, chats, cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadPendingAsync(long dueBy, int limit, CancellationToken cancellationToken) =>
        _noneWaits ? ValueTask.FromResult<IReadOnlyList<StoredMessage>>([]) : sessions.LoadPendingAsync(_id, dueBy, limit, cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadDueAsync(long after, long until, int limit, CancellationToken cancellationToken) =>
        _noneWaits ? ValueTask.FromResult<IReadOnlyList<StoredMessage>>([]) : sessions.LoadDueAsync(_id, after, until, limit, cancellationToken);
}
