using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>
/// A session batch as statements, the fence first: one per table and kind, each with arrays of all its rows, so that a batch is one
/// round trip however many rows it has.
/// </summary>
internal static class PostgresSessionStatements
{
    private const string Fence = "SELECT require_owner($1, $2)";
    private const string PutCredentials = "INSERT INTO credentials (instance_id, sealed) VALUES ($1, $2) ON CONFLICT (instance_id) DO UPDATE SET sealed = excluded.sealed";
    private const string PutSessions = """
        INSERT INTO signal_session (instance_id, account, server, device, sealed)
        SELECT $1, r.* FROM unnest($2::text[], $3::text[], $4::integer[], $5::bytea[]) AS r
        ON CONFLICT (instance_id, account, server, device) DO UPDATE SET sealed = excluded.sealed
        """;
    private const string PutIdentities = """
        INSERT INTO signal_identity (instance_id, account, server, device, public_key)
        SELECT $1, r.* FROM unnest($2::text[], $3::text[], $4::integer[], $5::bytea[]) AS r
        ON CONFLICT (instance_id, account, server, device) DO UPDATE SET public_key = excluded.public_key
        """;
    private const string OfAddresses = """
        USING unnest($2::text[], $3::text[], $4::integer[]) AS r (account, server, device)
        WHERE t.instance_id = $1 AND t.account = r.account AND t.server = r.server AND t.device = r.device
        """;
    private const string DropSessions = $"DELETE FROM signal_session t {OfAddresses}";
    private const string DropIdentities = $"DELETE FROM signal_identity t {OfAddresses}";
    private const string PutPreKeys = """
        INSERT INTO pre_key (instance_id, key_id, sealed, uploaded)
        SELECT $1, r.*, FALSE FROM unnest($2::bigint[], $3::bytea[]) AS r
        ON CONFLICT (instance_id, key_id) DO UPDATE SET sealed = excluded.sealed, uploaded = FALSE
        """;
    private const string MarkUploaded = "UPDATE pre_key SET uploaded = TRUE WHERE instance_id = $1 AND key_id = ANY($2)";
    private const string DropPreKeys = "DELETE FROM pre_key WHERE instance_id = $1 AND key_id = ANY($2)";
    private const string PutLidMappings = """
        INSERT INTO lid_mapping (instance_id, phone, lid, source, updated_at)
        SELECT $1, r.* FROM unnest($2::text[], $3::text[], $4::text[], $5::bigint[]) AS r
        ON CONFLICT (instance_id, phone) DO UPDATE SET lid = excluded.lid, source = excluded.source, updated_at = excluded.updated_at
        WHERE excluded.updated_at >= lid_mapping.updated_at
        """;
    private const string PutDeviceLists = """
        INSERT INTO device_list (instance_id, account, devices, fetched_at)
        SELECT $1, r.* FROM unnest($2::text[], $3::text[], $4::bigint[]) AS r
        ON CONFLICT (instance_id, account) DO UPDATE SET devices = excluded.devices, fetched_at = excluded.fetched_at
        """;
    private const string DropDeviceLists = "DELETE FROM device_list WHERE instance_id = $1 AND account = ANY($2)";
    private const string PutEvents = """
        WITH put AS (
            INSERT INTO outbox (instance_id, endpoint_id, sequence, event_id, event_name, body, created_at, attempts, due_at, claimed_until)
            SELECT $1, r.*, 0 FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::bigint[], $8::integer[], $9::bigint[]) AS r
            ON CONFLICT (instance_id, endpoint_id, sequence) DO UPDATE SET event_id = excluded.event_id WHERE outbox.event_id = excluded.event_id
            RETURNING 1)
        SELECT require_rows((SELECT COUNT(*) FROM put), $10)
        """;
    private const string PutStatus = """
        UPDATE instance_status SET status = $2, jid = $3, lid = $4, push_name = $5, connected_at = $6, last_seen_at = $7,
            disconnect_reason = $8, disconnect_code = $9, disconnect_at = $10, disconnect_will_reconnect = $11, search_text = $12,
            last_sequence = GREATEST(last_sequence, $13)
        WHERE instance_id = $1
        """;
    private const string RaiseSequence = "UPDATE instance_status SET last_sequence = $2 WHERE instance_id = $1 AND last_sequence < $2";
    private const string PutDesired = "UPDATE instance SET desired = $2 WHERE instance_id = $1";

    private static readonly string[] _forget =
    [
        "DELETE FROM credentials WHERE instance_id = $1",
        "DELETE FROM signal_session WHERE instance_id = $1",
        "DELETE FROM signal_identity WHERE instance_id = $1",
        "DELETE FROM pre_key WHERE instance_id = $1",
        "DELETE FROM device_list WHERE instance_id = $1",
        .. PostgresSenderKeyStatements.Forget,
        .. PostgresAddOnStatements.Forget,
    ];

    public static List<PostgresStatement> Of(string instanceId, long epoch, SessionBatch batch, DataSeal seal)
    {
        List<PostgresStatement> statements = [new(Fence, [instanceId, epoch])];
        AddDevice(statements, instanceId, batch.Device, seal);
        PostgresAddOnStatements.Add(statements, instanceId, batch.Device, seal);
        PostgresMessageStatements.Add(statements, instanceId, batch.Device, seal);
        statements.AddRange(batch.Media.Select(row => PostgresMediaStatements.Of(instanceId, row, seal)));
        if (batch.Outbox.Count > 0)
            statements.Add(Events(instanceId, batch.Outbox, seal));
        // One change of the row: a second in the same transaction would cost a version of it and a look at its foreign key.
        if (batch.Status is { } status)
            statements.Add(Status(instanceId, status, batch.LastSequence));
        else if (batch.LastSequence > 0)
            statements.Add(new(RaiseSequence, [instanceId, batch.LastSequence]));
        statements.AddRange(batch.Moves.Select(move => PostgresOwnership.Told(instanceId, move)));
        if (batch.Desired is { } desired)
            statements.Add(new(PutDesired, [instanceId, desired]));
        return statements;
    }

    private static void AddDevice(List<PostgresStatement> statements, string instanceId, DeviceBatch device, DataSeal seal)
    {
        if (device.ForgetDevice)
            statements.AddRange(_forget.Select(sql => new PostgresStatement(sql, [instanceId])));
        if (device.Credentials is { } credentials)
            statements.Add(new(PutCredentials, [instanceId, seal.SealCredentials(instanceId, credentials)]));
        AddByAddress(statements, PutSessions, DropSessions, instanceId, device.Sessions, (address, record) => seal.SealSession(instanceId, address, record));
        AddByAddress(statements, PutIdentities, DropIdentities, instanceId, device.Identities, static (_, key) => key);
        PostgresSenderKeyStatements.Add(statements, instanceId, device, seal);
        AddPreKeys(statements, instanceId, device, seal);
        AddLidMappings(statements, instanceId, device.LidMappings);
        AddDeviceLists(statements, instanceId, device.DeviceLists);
    }

    private static void AddByAddress(List<PostgresStatement> statements, string put, string drop, string instanceId,
        Dictionary<SignalAddress, byte[]?> rows, Func<SignalAddress, byte[], byte[]> seal)
    {
        SignalAddress[] dropped = [.. rows.Where(row => row.Value is null).Select(row => row.Key)];
        (SignalAddress Address, byte[] Value)[] kept = [.. rows.Where(row => row.Value is not null).Select(row => (row.Key, seal(row.Key, row.Value!)))];
        if (dropped.Length > 0)
            statements.Add(new(drop, [instanceId, .. Columns(dropped)]));
        if (kept.Length > 0)
            statements.Add(new(put, [instanceId, .. Columns(Array.ConvertAll(kept, row => row.Address)), Array.ConvertAll(kept, row => row.Value)]));
    }

    /// <summary>Addresses as the three arrays of their columns.</summary>
    public static object[] Columns(SignalAddress[] addresses) =>
    [
        Array.ConvertAll(addresses, address => address.User), Array.ConvertAll(addresses, address => address.Server), Array.ConvertAll(addresses, address => address.Device),
    ];

    private static void AddPreKeys(List<PostgresStatement> statements, string instanceId, DeviceBatch device, DataSeal seal)
    {
        // One row a statement may be written once: of several under one id the last counts.
        PreKey[] made = [.. device.NewPreKeys.GroupBy(key => key.Id).Select(same => same.Last())];
        if (made.Length > 0)
            statements.Add(new(PutPreKeys, [instanceId, Array.ConvertAll(made, key => (long)key.Id), Array.ConvertAll(made, key => seal.SealPreKey(instanceId, key))]));
        if (device.UploadedPreKeys.Count > 0)
            statements.Add(new(MarkUploaded, [instanceId, device.UploadedPreKeys.Select(id => (long)id).ToArray()]));
        if (device.RemovedPreKeys.Count > 0)
            statements.Add(new(DropPreKeys, [instanceId, device.RemovedPreKeys.Select(id => (long)id).ToArray()]));
    }

    private static void AddLidMappings(List<PostgresStatement> statements, string instanceId, List<LidMapping> mappings)
    {
        // The newest of one number, and of equally old ones the last: what writing them one by one would leave.
        LidMapping[] rows = [.. mappings.GroupBy(mapping => mapping.Phone).Select(same => same.Aggregate((old, next) => next.UpdatedAt >= old.UpdatedAt ? next : old))];
        if (rows.Length > 0)
            statements.Add(new(PutLidMappings,
            [
                instanceId, Array.ConvertAll(rows, row => row.Phone.ToString()), Array.ConvertAll(rows, row => row.Lid.ToString()),
                Array.ConvertAll(rows, row => row.Source), Array.ConvertAll(rows, row => row.UpdatedAt),
            ]));
    }

    private static void AddDeviceLists(List<PostgresStatement> statements, string instanceId, Dictionary<Jid, DeviceListEntry?> lists)
    {
        string[] dropped = [.. lists.Where(row => row.Value is null).Select(row => row.Key.ToString())];
        (string Account, DeviceListEntry List)[] kept = [.. lists.Where(row => row.Value is not null).Select(row => (row.Key.ToString(), row.Value!))];
        if (dropped.Length > 0)
            statements.Add(new(DropDeviceLists, [instanceId, dropped]));
        if (kept.Length > 0)
            statements.Add(new(PutDeviceLists,
            [
                instanceId, Array.ConvertAll(kept, row => row.Account), Array.ConvertAll(kept, row => string.Join(',', row.List.Devices)), Array.ConvertAll(kept, row => row.List.FetchedAt),
            ]));
    }

    private static PostgresStatement Events(string instanceId, IReadOnlyList<OutboxRow> outbox, DataSeal seal)
    {
        OutboxRow[] rows = [.. outbox];
        return new(PutEvents,
        [
            instanceId, Array.ConvertAll(rows, row => row.EndpointId), Array.ConvertAll(rows, row => row.Sequence), Array.ConvertAll(rows, row => row.EventId),
            Array.ConvertAll(rows, row => row.EventName), Array.ConvertAll(rows, row => seal.SealEvent(instanceId, row.EndpointId, row.Sequence, row.Body)),
            Array.ConvertAll(rows, row => row.CreatedAt), Array.ConvertAll(rows, row => row.Attempts), Array.ConvertAll(rows, row => row.DueAt), (long)rows.Length,
        ]);
    }

    private static PostgresStatement Status(string instanceId, StatusLine line, long lastSequence) => new(PutStatus,
    [
        instanceId, line.Status, line.Jid, line.Lid, line.PushName, line.ConnectedAt?.ToUnixTimeMilliseconds(), line.LastSeenAt?.ToUnixTimeMilliseconds(),
        line.LastDisconnect?.Reason, line.LastDisconnect?.Code, line.LastDisconnect?.At.ToUnixTimeMilliseconds(), line.LastDisconnect?.WillReconnect,
        InstanceSearch.Text(instanceId, line.PushName, line.Jid, line.Lid), lastSequence,
    ]);
}
