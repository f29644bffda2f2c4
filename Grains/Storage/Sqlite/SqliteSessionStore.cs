using System.Globalization;
using Microsoft.Data.Sqlite;
using WhatsApp.Grains.Abstractions.Contacts;
using WhatsApp.Grains.Storage.Rows;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Session data on SQLite. Every write checks the epoch first, in its own transaction.</summary>
internal sealed class SqliteSessionStore(SqliteDatabase database, DataSeal seal, TimeProvider time) : ISessionStore
{
    public ValueTask<Ownership> ClaimAsync(string instanceId, string owner, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        return database.WriteAsync(session => SqliteOwnership.Claim(session, instanceId, owner, now, seal), cancellationToken);
    }

    public async ValueTask ReleaseAsync(string instanceId, long epoch, string reason, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow().ToUnixTimeMilliseconds();
        await database.WriteAsync(session =>
        {
            SqliteOwnership.Release(session, instanceId, epoch, reason, now);
            return true;
        }, cancellationToken);
    }

    public async ValueTask CommitAsync(string instanceId, long epoch, SessionBatch batch, CancellationToken cancellationToken)
    {
        var statements = SessionStatements.Of(instanceId, batch, seal);
        await database.WriteAsync(session =>
        {
            if (!session.Any("SELECT 1 FROM instance_lease WHERE instance_id = $1 AND epoch = $2", instanceId, epoch))
                throw new FencedException($"instance {instanceId} has a newer owner than epoch {epoch}");
            foreach (var statement in statements)
                statement.Run(session);
            return true;
        }, cancellationToken);
    }

    public ValueTask<DeviceCredentials?> LoadCredentialsAsync(string instanceId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.First("SELECT sealed FROM credentials WHERE instance_id = $1", SealedBytes, instanceId) is { } found
            ? seal.OpenCredentials(instanceId, found) : null, cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsAsync(string instanceId, IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken) =>
        FindAllAsync(addresses, (session, address) => session.First(
            "SELECT sealed FROM signal_session WHERE instance_id = $1 AND account = $2 AND server = $3 AND device = $4", SealedBytes,
            instanceId, address.User, address.Server, (long)address.Device) is { } found ? seal.OpenSession(instanceId, address, found) : null, cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsOfAsync(string instanceId, Jid account, CancellationToken cancellationToken)
    {
        var address = SignalAddress.Of(account);
        return database.ReadAsync<IReadOnlyDictionary<SignalAddress, byte[]>>(session => session.Query(
                "SELECT device, sealed FROM signal_session WHERE instance_id = $1 AND account = $2 AND server = $3",
                row => (Address: address with { Device = row.GetInt32(0) }, Sealed: row.Bytes(1)), instanceId, address.User, address.Server)
            .ToDictionary(row => row.Address, row => seal.OpenSession(instanceId, row.Address, row.Sealed)), cancellationToken);
    }

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadIdentitiesAsync(string instanceId, IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken) =>
        FindAllAsync(addresses, (session, address) => session.First(
            "SELECT public_key FROM signal_identity WHERE instance_id = $1 AND account = $2 AND server = $3 AND device = $4", SealedBytes,
            instanceId, address.User, address.Server, (long)address.Device), cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSenderKeysAsync(string instanceId, Jid group, IReadOnlyCollection<SignalAddress> senders, CancellationToken cancellationToken) =>
        FindAllAsync(senders, (session, sender) => session.First(
            "SELECT sealed FROM sender_key WHERE instance_id = $1 AND chat = $2 AND account = $3 AND server = $4 AND device = $5", SealedBytes,
            instanceId, group.ToString(), sender.User, sender.Server, (long)sender.Device) is { } found
                ? seal.OpenSenderKey(instanceId, new SenderKeyName(group, sender), found) : null, cancellationToken);

    public ValueTask<IReadOnlyDictionary<SenderKeyName, byte[]>> LoadSenderKeysOfAsync(string instanceId, Jid account, CancellationToken cancellationToken)
    {
        var address = SignalAddress.Of(account);
        return database.ReadAsync<IReadOnlyDictionary<SenderKeyName, byte[]>>(session => session.Query(
                "SELECT chat, device, sealed FROM sender_key WHERE instance_id = $1 AND account = $2 AND server = $3",
                row => (Name: new SenderKeyName(row.Address(0), address with { Device = row.GetInt32(1) }), Sealed: row.Bytes(2)),
                instanceId, address.User, address.Server)
            .ToDictionary(row => row.Name, row => seal.OpenSenderKey(instanceId, row.Name, row.Sealed)), cancellationToken);
    }

    public ValueTask<IReadOnlySet<SignalAddress>> LoadSenderKeyMarksAsync(string instanceId, Jid group, uint keyId, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlySet<SignalAddress>>(session => session.Query(
            "SELECT account, server, device FROM sender_key_mark WHERE instance_id = $1 AND chat = $2 AND key_id = $3",
            static row => new SignalAddress(row.GetString(0), row.GetString(1), row.GetInt32(2)), instanceId, group.ToString(), (long)keyId).ToHashSet(), cancellationToken);

    public ValueTask<IReadOnlyDictionary<uint, PreKey>> LoadPreKeysAsync(string instanceId, IReadOnlyCollection<uint> ids, CancellationToken cancellationToken) =>
        FindAllAsync(ids, (session, id) => session.First("SELECT sealed FROM pre_key WHERE instance_id = $1 AND key_id = $2", SealedBytes, instanceId, (long)id) is { } found
            ? seal.OpenPreKey(instanceId, id, found) : null, cancellationToken);

    public ValueTask<IReadOnlyList<PreKey>> LoadUnuploadedPreKeysAsync(string instanceId, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<PreKey>>(session => session.Query(
            "SELECT key_id, sealed FROM pre_key WHERE instance_id = $1 AND uploaded = 0 ORDER BY key_id",
            row => seal.OpenPreKey(instanceId, (uint)row.GetInt64(0), row.Bytes(1)), instanceId), cancellationToken);

    public ValueTask<IReadOnlyList<LidMapping>> LoadLidMappingsAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<LidMapping>>(session =>
            accounts.Select(account => account.ToAccount()).Distinct().SelectMany(account => FindLidMapping(session, instanceId, account)).Distinct().ToList(), cancellationToken);

    public ValueTask<(IReadOnlyList<LidMapping> Rows, int Total, bool More)> ListLidMappingsAsync(string instanceId, LidMappingQuery query, CancellationToken cancellationToken) =>
        database.ScanAsync(session => LidMappingList.Read(session, instanceId, query), cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, DeviceListEntry>> LoadDeviceListsAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        FindAllAsync(accounts, (session, account) => session.First(
            "SELECT devices, fetched_at FROM device_list WHERE instance_id = $1 AND account = $2", ReadDeviceList, instanceId, account.ToString()), cancellationToken);

    public ValueTask<IReadOnlyDictionary<MessageKey, StoredMessage>> LoadMessagesAsync(string instanceId, IReadOnlyCollection<MessageKey> keys, CancellationToken cancellationToken) =>
        FindAllAsync(keys, (session, key) => session.First(
            $"SELECT {MessageRows.Columns} FROM message m WHERE instance_id = $1 AND chat = $2 AND sender = $3 AND id = $4",
            row => MessageRows.Read(row, instanceId, seal), instanceId, key.Chat.ToString(), key.Sender.ToString(), key.Id), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadOutgoingAsync(string instanceId, IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredMessage>>(session => messageIds.Distinct().SelectMany(id => session.Query(
            $"SELECT {MessageRows.Columns} FROM message m WHERE instance_id = $1 AND id = $2 AND from_me = 1",
            row => MessageRows.Read(row, instanceId, seal), instanceId, id)).ToList(), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadReceivedAsync(string instanceId, IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredMessage>>(session => messageIds.Distinct().SelectMany(id => session.Query(
            $"SELECT {MessageRows.Columns} FROM message m WHERE instance_id = $1 AND id = $2 AND from_me = 0",
            row => MessageRows.Read(row, instanceId, seal), instanceId, id)).ToList(), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadUnreadAsync(string instanceId, IReadOnlyCollection<Jid> chats, int newest, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredMessage>>(session => chats.SelectMany(chat => session.Query(
            $"""
            SELECT {MessageRows.Columns} FROM (SELECT * FROM message WHERE instance_id = $1 AND chat = $2 ORDER BY sent_at DESC LIMIT $3) m
            WHERE {MessageRows.IsUnread}
            """,
            row => MessageRows.Read(row, instanceId, seal), instanceId, chat.ToString(), (long)newest)).OrderBy(message => message.Timestamp).ThenBy(message => message.CreatedAt).ToList(), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> FindMessagesAsync(string instanceId, string messageId, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredMessage>>(session => session.Query(
            $"SELECT {MessageRows.Columns} FROM message m WHERE instance_id = $1 AND id = $2 ORDER BY created_at DESC LIMIT 20",
            row => MessageRows.Read(row, instanceId, seal), instanceId, messageId), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadPendingAsync(string instanceId, long dueBy, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredMessage>>(session => session.Query(
            $"SELECT {MessageRows.Columns} FROM message m WHERE instance_id = $1 AND from_me = 1 AND status IN (10, 11) AND due_at <= $2 ORDER BY priority, MAX(due_at, created_at), id LIMIT $3",
            row => MessageRows.Read(row, instanceId, seal), instanceId, dueBy, (long)limit), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadDueAsync(string instanceId, long after, long until, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<StoredMessage>>(session => session.Query(
            $"SELECT {MessageRows.Columns} FROM message m WHERE instance_id = $1 AND from_me = 1 AND status = 10 AND due_at > $2 AND due_at <= $3 ORDER BY due_at, priority, created_at, id LIMIT $4",
            row => MessageRows.Read(row, instanceId, seal), instanceId, after, until, (long)limit), cancellationToken);

    public ValueTask<(int Ahead, int Total)> CountQueuedAsync(string instanceId, long dueAt, int priority, CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.First(
            """
            SELECT COALESCE(SUM(CASE WHEN due_at < $2 OR (due_at = $2 AND priority <= $3) THEN 1 ELSE 0 END), 0), COUNT(*)
            FROM message WHERE instance_id = $1 AND from_me = 1 AND status = 10
            """,
            static row => (row.GetInt32(0), row.GetInt32(1)), instanceId, dueAt, (long)priority), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> ListQueuedAsync(string instanceId, (long CreatedAt, string Id) after, int limit, CancellationToken cancellationToken) =>
        database.ScanAsync<IReadOnlyList<StoredMessage>>(session => session.Query(
            $"SELECT {MessageRows.Columns} FROM message m WHERE instance_id = $1 AND from_me = 1 AND status = 10 AND (created_at, id) > ($2, $3) ORDER BY created_at, id LIMIT $4",
            row => MessageRows.Read(row, instanceId, seal), instanceId, after.CreatedAt, after.Id, (long)limit), cancellationToken);

    public ValueTask<IReadOnlyList<PollVote>> LoadPollVotesAsync(string instanceId, MessageKey poll, CancellationToken cancellationToken) =>
        database.ReadAsync(session => AddOnReads.Votes(session, instanceId, poll, seal), cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, PrivacyToken>> LoadPrivacyTokensAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        FindAllAsync(accounts, (session, account) => AddOnReads.Token(session, instanceId, account, seal), cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, ChatTimer>> LoadChatTimersAsync(string instanceId, IReadOnlyCollection<Jid> chats, CancellationToken cancellationToken) =>
        FindAllAsync(chats, (session, chat) => AddOnReads.Timer(session, instanceId, chat), cancellationToken);

    /// <summary>Point lookups of every key; those not found are absent.</summary>
    private ValueTask<IReadOnlyDictionary<TKey, TValue>> FindAllAsync<TKey, TValue>(
        IReadOnlyCollection<TKey> keys, Func<SqliteSession, TKey, TValue?> find, CancellationToken cancellationToken)
        where TKey : notnull where TValue : class =>
        database.ReadAsync<IReadOnlyDictionary<TKey, TValue>>(session =>
        {
            var found = new Dictionary<TKey, TValue>(keys.Count);
            foreach (var key in keys)
                if (find(session, key) is { } value)
                    found[key] = value;
            return found;
        }, cancellationToken);

    /// <summary>By phone there is one row; of a LID that moved to another number, the newest.</summary>
    private static List<LidMapping> FindLidMapping(SqliteSession session, string instanceId, Jid account) => session.Query(
        account.IsLid
            ? "SELECT phone, lid, source, updated_at FROM lid_mapping WHERE instance_id = $1 AND lid = $2 ORDER BY updated_at DESC, phone DESC LIMIT 1"
            : "SELECT phone, lid, source, updated_at FROM lid_mapping WHERE instance_id = $1 AND phone = $2",
        static row => new LidMapping(row.Address(0), row.Address(1), row.GetString(2), row.GetInt64(3)), instanceId, account.ToString());

    private static DeviceListEntry ReadDeviceList(SqliteDataReader row) => new(
        [.. row.GetString(0).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(device => int.Parse(device, NumberStyles.None, CultureInfo.InvariantCulture))],
        row.GetInt64(1));

    private static byte[]? SealedBytes(SqliteDataReader row) => row.Bytes(0);
}
