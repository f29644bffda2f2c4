using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>
/// A session batch as statements. Sealing happens here, on the caller's thread, so that the one writer only writes.
/// </summary>
internal static class SessionStatements
{
    private const string PutCredentials = "INSERT INTO credentials (instance_id, sealed) VALUES ($1, $2) ON CONFLICT (instance_id) DO UPDATE SET sealed = excluded.sealed";
    private const string PutSession = """
        INSERT INTO signal_session (instance_id, account, server, device, sealed) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (instance_id, account, server, device) DO UPDATE SET sealed = excluded.sealed
        """;
    private const string DropSession = "DELETE FROM signal_session WHERE instance_id = $1 AND account = $2 AND server = $3 AND device = $4";
    private const string PutIdentity = """
        INSERT INTO signal_identity (instance_id, account, server, device, public_key) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (instance_id, account, server, device) DO UPDATE SET public_key = excluded.public_key
        """;
    private const string DropIdentity = "DELETE FROM signal_identity WHERE instance_id = $1 AND account = $2 AND server = $3 AND device = $4";
    private const string PutPreKey = """
        INSERT INTO pre_key (instance_id, key_id, sealed, uploaded) VALUES ($1, $2, $3, 0)
        ON CONFLICT (instance_id, key_id) DO UPDATE SET sealed = excluded.sealed, uploaded = 0
        """;
    private const string MarkUploaded = "UPDATE pre_key SET uploaded = 1 WHERE instance_id = $1 AND key_id = $2";
    private const string DropPreKey = "DELETE FROM pre_key WHERE instance_id = $1 AND key_id = $2";
    private const string PutLidMapping = """
        INSERT INTO lid_mapping (instance_id, phone, lid, source, updated_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (instance_id, phone) DO UPDATE SET lid = excluded.lid, source = excluded.source, updated_at = excluded.updated_at
        WHERE excluded.updated_at >= lid_mapping.updated_at
        """;
    private const string PutDeviceList = """
        INSERT INTO device_list (instance_id, account, devices, fetched_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (instance_id, account) DO UPDATE SET devices = excluded.devices, fetched_at = excluded.fetched_at
        """;
    private const string DropDeviceList = "DELETE FROM device_list WHERE instance_id = $1 AND account = $2";

    // The states of MessageStatus: 1 undecryptable may become 0 received; 20 failed ends whatever is before 12 server_ack; 30 deleted ends everything
    // and takes the content with it; otherwise only upwards.
    // A row without content never wipes the content there is: a late placeholder or a bare state change must not.
    private const string PutMessage = """
        INSERT INTO message (instance_id, chat, sender, id, from_me, status, sent_at, type, content, secret, client_ref, retries, sent_to, failure, from_api, created_at, due_at, priority)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)
        ON CONFLICT (instance_id, chat, sender, id) DO UPDATE SET
            from_me = excluded.from_me, sent_at = excluded.sent_at, type = excluded.type,
            content = CASE WHEN excluded.status = 30 OR message.status = 30 THEN NULL ELSE COALESCE(excluded.content, message.content) END,
            secret = CASE WHEN excluded.status = 30 OR message.status = 30 THEN NULL ELSE COALESCE(excluded.secret, message.secret) END,
            client_ref = excluded.client_ref, retries = excluded.retries, sent_to = excluded.sent_to, from_api = excluded.from_api,
            failure = CASE WHEN message.status = 20 OR (excluded.status = 20 AND message.status >= 12) THEN message.failure ELSE excluded.failure END,
            status = CASE
                WHEN excluded.status = 20 AND message.status >= 12 THEN message.status
                WHEN excluded.status IN (0, 1) AND message.status IN (0, 1) AND excluded.status < message.status THEN excluded.status
                WHEN excluded.status = 1 AND message.status = 0 THEN message.status
                WHEN excluded.status > message.status THEN excluded.status
                ELSE message.status END
        """;
    private const string PutEvent = """
        INSERT INTO outbox (instance_id, endpoint_id, sequence, event_id, event_name, body, created_at, attempts, due_at, claimed_until)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0)
        ON CONFLICT (instance_id, endpoint_id, sequence) DO UPDATE SET event_id = excluded.event_id WHERE outbox.event_id = excluded.event_id
        """;
    private const string PutStatus = """
        UPDATE instance_status SET status = $2, jid = $3, lid = $4, push_name = $5, connected_at = $6, last_seen_at = $7,
            disconnect_reason = $8, disconnect_code = $9, disconnect_at = $10, disconnect_will_reconnect = $11, search_text = $12
        WHERE instance_id = $1
        """;
    private const string RaiseSequence = "UPDATE instance_status SET last_sequence = $2 WHERE instance_id = $1 AND last_sequence < $2";
    private const string PutActivity = "UPDATE instance_status SET last_active_at = $2 WHERE instance_id = $1";
    private const string PutDesired = "UPDATE instance SET desired = $2 WHERE instance_id = $1";

    private static readonly string[] _forget =
    [
        "DELETE FROM credentials WHERE instance_id = $1",
        "DELETE FROM signal_session WHERE instance_id = $1",
        "DELETE FROM signal_identity WHERE instance_id = $1",
        "DELETE FROM pre_key WHERE instance_id = $1",
        "DELETE FROM device_list WHERE instance_id = $1",
        .. SenderKeyStatements.Forget,
        .. AddOnStatements.Forget,
    ];

    public static List<SqliteStatement> Of(string instanceId, SessionBatch batch, DataSeal seal)
    {
        List<SqliteStatement> statements = [];
        AddDevice(statements, instanceId, batch.Device, seal);
        foreach (var (key, message) in batch.Device.Messages)
            statements.Add(Message(instanceId, key, message, seal));
        AddOnStatements.Add(statements, instanceId, batch.Device, seal);
        foreach (var row in batch.Media)
            statements.Add(MediaStatements.Of(instanceId, row, seal));
        foreach (var row in batch.Outbox)
            statements.Add(Event(instanceId, row, seal));
        if (batch.LastSequence > 0)
            statements.Add(new(RaiseSequence, [instanceId, batch.LastSequence]));
        if (batch.Status is { } status)
            statements.Add(Status(instanceId, status));
        foreach (var move in batch.Moves)
            statements.Add(SqliteOwnership.Told(instanceId, move));
        if (batch.Desired is { } desired)
            statements.Add(new(PutDesired, [instanceId, desired]));
        if (batch.ActiveAt is { } active)
            statements.Add(new(PutActivity, [instanceId, active.ToUnixTimeMilliseconds()]));
        return statements;
    }

    private static void AddDevice(List<SqliteStatement> statements, string instanceId, DeviceBatch device, DataSeal seal)
    {
        if (device.ForgetDevice)
            foreach (var sql in _forget)
                statements.Add(new(sql, [instanceId]));
        if (device.Credentials is { } credentials)
            statements.Add(new(PutCredentials, [instanceId, seal.SealCredentials(instanceId, credentials)]));
        foreach (var (address, record) in device.Sessions)
            statements.Add(record is null
                ? OfAddress(DropSession, instanceId, address)
                : OfAddress(PutSession, instanceId, address, seal.SealSession(instanceId, address, record)));
        foreach (var (address, key) in device.Identities)
            statements.Add(key is null ? OfAddress(DropIdentity, instanceId, address) : OfAddress(PutIdentity, instanceId, address, key));
        SenderKeyStatements.Add(statements, instanceId, device, seal);
        AddPreKeys(statements, instanceId, device, seal);
        foreach (var mapping in device.LidMappings)
            statements.Add(new(PutLidMapping, [instanceId, mapping.Phone.ToString(), mapping.Lid.ToString(), mapping.Source, mapping.UpdatedAt]));
        foreach (var (account, list) in device.DeviceLists)
            statements.Add(list is null
                ? new(DropDeviceList, [instanceId, account.ToString()])
                : new(PutDeviceList, [instanceId, account.ToString(), string.Join(',', list.Devices), list.FetchedAt]));
    }

    private static void AddPreKeys(List<SqliteStatement> statements, string instanceId, DeviceBatch device, DataSeal seal)
    {
        foreach (var key in device.NewPreKeys)
            statements.Add(new(PutPreKey, [instanceId, (long)key.Id, seal.SealPreKey(instanceId, key)]));
        foreach (var id in device.UploadedPreKeys)
            statements.Add(new(MarkUploaded, [instanceId, (long)id]));
        foreach (var id in device.RemovedPreKeys)
            statements.Add(new(DropPreKey, [instanceId, (long)id]));
    }

    private static SqliteStatement OfAddress(string sql, string instanceId, SignalAddress address) =>
        new(sql, [instanceId, address.User, address.Server, (long)address.Device]);

    private static SqliteStatement OfAddress(string sql, string instanceId, SignalAddress address, byte[] value) =>
        new(sql, [instanceId, address.User, address.Server, (long)address.Device, value]);

    private static SqliteStatement Message(string instanceId, MessageKey key, StoredMessage message, DataSeal seal)
    {
        var (chat, sender) = (key.Chat.ToString(), key.Sender.ToString());
        var place = DataSeal.MessagePlace(chat, sender, key.Id);
        return new(PutMessage,
        [
            instanceId, chat, sender, key.Id, message.FromMe, (long)message.Status, message.Timestamp, message.Type,
            seal.SealContent(instanceId, place, message.Content), seal.SealSecret(instanceId, place, message.Secret), message.ClientRef, (long)message.Retries,
            message.To?.ToString(), message.Failure, message.FromApi, message.CreatedAt, message.DueAt, (long)message.Priority,
        ]);
    }

    private static SqliteStatement Event(string instanceId, OutboxRow row, DataSeal seal) => new(PutEvent,
        [instanceId, row.EndpointId, row.Sequence, row.EventId, row.EventName, seal.SealEvent(instanceId, row.EndpointId, row.Sequence, row.Body), row.CreatedAt, (long)row.Attempts, row.DueAt],
        MustChange: "an event sequence was used twice");

    private static SqliteStatement Status(string instanceId, StatusLine line) => new(PutStatus,
    [
        instanceId, line.Status, line.Jid, line.Lid, line.PushName, line.ConnectedAt?.ToUnixTimeMilliseconds(), line.LastSeenAt?.ToUnixTimeMilliseconds(),
        line.LastDisconnect?.Reason, (long?)line.LastDisconnect?.Code, line.LastDisconnect?.At.ToUnixTimeMilliseconds(), line.LastDisconnect?.WillReconnect,
        InstanceSearch.Text(instanceId, line.PushName, line.Jid, line.Lid),
    ]);
}
