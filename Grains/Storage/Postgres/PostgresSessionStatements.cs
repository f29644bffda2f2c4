using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>
/// Session batches as statements, the fence first: one per table and kind, each with arrays of all its rows, so that a batch is one
/// round trip however many rows it has. Batches of several instances may share a transaction; what each of them has (sessions, messages, events) is one statement for all.
/// </summary>
internal static class PostgresSessionStatements
{
    // Waits for a new owner's claim that is under way.
    private const string Fence = "SELECT require_owner($1, $2)";
    // Waits for nobody: an instance that is being claimed or deleted must not hold up the others. In the order of the ids, so that no two transactions wait for each other.
    private const string FenceAll = """
        SELECT require_rows((SELECT COUNT(*) FROM unnest($1::text[], $2::bigint[]) AS r (instance_id, epoch)
            CROSS JOIN LATERAL (SELECT 1 FROM instance_lease l WHERE l.instance_id = r.instance_id AND l.epoch = r.epoch FOR SHARE NOWAIT) held), $3)
        """;
    private const string PutCredentials = "INSERT INTO credentials (instance_id, sealed) VALUES ($1, $2) ON CONFLICT (instance_id) DO UPDATE SET sealed = excluded.sealed";
    private const string PutSessions = """
        INSERT INTO signal_session (instance_id, account, server, device, sealed)
        SELECT r.* FROM unnest($1::text[], $2::text[], $3::text[], $4::integer[], $5::bytea[]) AS r
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
    private const string PutStatus = """
        UPDATE instance_status SET status = $2, jid = $3, lid = $4, push_name = $5, connected_at = $6, last_seen_at = $7,
            disconnect_reason = $8, disconnect_code = $9, disconnect_at = $10, disconnect_will_reconnect = $11, search_text = $12,
            last_sequence = GREATEST(last_sequence, $13)
        WHERE instance_id = $1
        """;
    private const string PutActivity = "UPDATE instance_status SET last_active_at = $2 WHERE instance_id = $1";
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

    /// <summary>One batch, in a transaction of its own.</summary>
    public static List<PostgresStatement> Of(SessionCommit commit, DataSeal seal) => Of(new(Fence, [commit.InstanceId, commit.Epoch]), [commit], seal);

    /// <summary>Batches of different instances in one transaction: all or nothing.</summary>
    public static List<PostgresStatement> Of(IReadOnlyList<SessionCommit> commits, DataSeal seal)
    {
        SessionCommit[] ordered = [.. commits.OrderBy(commit => commit.InstanceId, StringComparer.Ordinal)];
        return Of(new(FenceAll, [Array.ConvertAll(ordered, commit => commit.InstanceId), Array.ConvertAll(ordered, commit => commit.Epoch), (long)ordered.Length]), ordered, seal);
    }

    private static List<PostgresStatement> Of(PostgresStatement fence, SessionCommit[] commits, DataSeal seal)
    {
        List<PostgresStatement> statements = [fence];
        foreach (var commit in commits)
            AddOwn(statements, commit.InstanceId, commit.Batch, seal);
        AddSessions(statements, commits, seal);
        PostgresMessageStatements.Add(statements, commits, seal);
        PostgresEventStatements.Add(statements, commits, seal);
        return statements;
    }

    // What most batches do not have.
    private static void AddOwn(List<PostgresStatement> statements, string instanceId, SessionBatch batch, DataSeal seal)
    {
        AddDevice(statements, instanceId, batch.Device, seal);
        PostgresAddOnStatements.Add(statements, instanceId, batch.Device, seal);
        statements.AddRange(batch.Media.Select(row => PostgresMediaStatements.Of(instanceId, row, seal)));
        if (batch.Status is { } status)
            statements.Add(Status(instanceId, status, batch.LastSequence));
        statements.AddRange(batch.Moves.Select(move => PostgresOwnership.Told(instanceId, move)));
        if (batch.Desired is { } desired)
            statements.Add(new(PutDesired, [instanceId, desired]));
        if (batch.ActiveAt is { } active)
            statements.Add(new(PutActivity, [instanceId, active.ToUnixTimeMilliseconds()]));
    }

    private static void AddSessions(List<PostgresStatement> statements, SessionCommit[] commits, DataSeal seal)
    {
        (string Instance, SignalAddress Address, byte[] Record)[] rows = [.. commits.SelectMany(commit => commit.Batch.Device.Sessions.Where(row => row.Value is not null)
            .Select(row => (commit.InstanceId, row.Key, seal.SealSession(commit.InstanceId, row.Key, row.Value!))))];
        if (rows.Length > 0)
            statements.Add(new(PutSessions, [Array.ConvertAll(rows, row => row.Instance), .. Columns(Array.ConvertAll(rows, row => row.Address)), Array.ConvertAll(rows, row => row.Record)]));
    }

    private static void AddDevice(List<PostgresStatement> statements, string instanceId, DeviceBatch device, DataSeal seal)
    {
        if (device.ForgetDevice)
            statements.AddRange(_forget.Select(sql => new PostgresStatement(sql, [instanceId])));
        if (device.Credentials is { } credentials)
            statements.Add(new(PutCredentials, [instanceId, seal.SealCredentials(instanceId, credentials)]));
        AddDropped(statements, DropSessions, instanceId, device.Sessions);
        AddDropped(statements, DropIdentities, instanceId, device.Identities);
        AddIdentities(statements, instanceId, device.Identities);
        PostgresSenderKeyStatements.Add(statements, instanceId, device, seal);
        AddPreKeys(statements, instanceId, device, seal);
        AddLidMappings(statements, instanceId, device.LidMappings);
        AddDeviceLists(statements, instanceId, device.DeviceLists);
    }

    private static void AddDropped(List<PostgresStatement> statements, string drop, string instanceId, Dictionary<SignalAddress, byte[]?> rows)
    {
        SignalAddress[] dropped = [.. rows.Where(row => row.Value is null).Select(row => row.Key)];
        if (dropped.Length > 0)
            statements.Add(new(drop, [instanceId, .. Columns(dropped)]));
    }

    private static void AddIdentities(List<PostgresStatement> statements, string instanceId, Dictionary<SignalAddress, byte[]?> rows)
    {
        (SignalAddress Address, byte[] Key)[] kept = [.. rows.Where(row => row.Value is not null).Select(row => (row.Key, row.Value!))];
        if (kept.Length > 0)
            statements.Add(new(PutIdentities, [instanceId, .. Columns(Array.ConvertAll(kept, row => row.Address)), Array.ConvertAll(kept, row => row.Key)]));
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

    private static PostgresStatement Status(string instanceId, StatusLine line, long lastSequence) => new(PutStatus,
    [
        instanceId, line.Status, line.Jid, line.Lid, line.PushName, line.ConnectedAt?.ToUnixTimeMilliseconds(), line.LastSeenAt?.ToUnixTimeMilliseconds(),
        line.LastDisconnect?.Reason, line.LastDisconnect?.Code, line.LastDisconnect?.At.ToUnixTimeMilliseconds(), line.LastDisconnect?.WillReconnect,
        InstanceSearch.Text(instanceId, line.PushName, line.Jid, line.Lid), lastSequence,
    ]);
}
