using System.Globalization;
using System.Text;
using Microsoft.Data.Sqlite;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>The instances on SQLite.</summary>
internal sealed class SqliteInstanceRegistry(SqliteDatabase database, DataSeal seal) : IInstanceRegistry
{
    private const int MaxPage = 200;
    private const int MaxMetadataFilters = 20;

    private const string Summary = """
        SELECT i.instance_id, i.sealed, i.created_at, s.status, s.jid, s.lid, s.push_name, s.connected_at, s.last_seen_at,
               s.disconnect_reason, s.disconnect_code, s.disconnect_at, s.disconnect_will_reconnect, l.owner,
               (SELECT COUNT(*) FROM outbox o WHERE o.instance_id = i.instance_id)
        """;
    private const string From = """

        FROM instance i JOIN instance_status s ON s.instance_id = i.instance_id JOIN instance_lease l ON l.instance_id = i.instance_id

        """;

    // Epochs go on above those of deleted instances, and sequences above events that outlived a delete without purge.
    private const string CreateLease = "INSERT INTO instance_lease (instance_id, epoch) SELECT $1, epoch FROM epoch_floor";
    private const string CreateStatus = """
        INSERT INTO instance_status (instance_id, last_sequence, status, search_text)
        SELECT $1, COALESCE(MAX(sequence), 0), 'created', $2
        FROM (SELECT sequence FROM outbox WHERE instance_id = $1 UNION ALL SELECT sequence FROM dead_letter WHERE instance_id = $1) left_over
        """;
    private const string RaiseFloor = """
        UPDATE epoch_floor SET epoch = (SELECT epoch FROM instance_lease WHERE instance_id = $1)
        WHERE epoch < (SELECT epoch FROM instance_lease WHERE instance_id = $1)
        """;

    private static readonly string[] _purge =
    [
        "DELETE FROM message WHERE instance_id = $1",
        "DELETE FROM poll_vote WHERE instance_id = $1",
        "DELETE FROM media WHERE instance_id = $1",
        "DELETE FROM outbox WHERE instance_id = $1",
        "DELETE FROM dead_letter WHERE instance_id = $1",
    ];

    public ValueTask<bool> TryCreateAsync(InstanceDefinition definition, CancellationToken cancellationToken)
    {
        var id = definition.InstanceId;
        var sealedRequest = seal.SealDefinition(id, definition.Request);
        return database.WriteAsync(session =>
        {
            if (session.Execute("INSERT INTO instance (instance_id, sealed, desired, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (instance_id) DO NOTHING",
                    id, sealedRequest, definition.Desired, definition.CreatedAt.ToUnixTimeMilliseconds()) == 0)
                return false;
            session.Execute(CreateLease, id);
            session.Execute(CreateStatus, id, InstanceSearch.Text(id));
            foreach (var (name, value) in definition.Request.Metadata)
                session.Execute("INSERT INTO instance_metadata (instance_id, name, value) VALUES ($1, $2, $3)", id, name, value);
            return true;
        }, cancellationToken);
    }

    public async ValueTask ReplaceAsync(string instanceId, long epoch, CreateInstance request, CancellationToken cancellationToken)
    {
        var sealedRequest = seal.SealDefinition(instanceId, request);
        var isOwner = await database.WriteAsync(session =>
        {
            if (session.Execute("UPDATE instance SET sealed = $3 WHERE instance_id = $1 AND EXISTS (SELECT 1 FROM instance_lease WHERE instance_id = $1 AND epoch = $2)",
                    instanceId, epoch, sealedRequest) == 0)
                return false;
            session.Execute("DELETE FROM instance_metadata WHERE instance_id = $1", instanceId);
            foreach (var (name, value) in request.Metadata)
                session.Execute("INSERT INTO instance_metadata (instance_id, name, value) VALUES ($1, $2, $3)", instanceId, name, value);
            return true;
        }, cancellationToken);
        if (!isOwner)
            throw new FencedException($"{instanceId} has a newer owner");
    }

    public ValueTask<InstanceDefinition?> FindAsync(string instanceId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => Find(session, instanceId, seal), cancellationToken);

    public ValueTask<bool> DeleteAsync(string instanceId, bool purge, CancellationToken cancellationToken) =>
        database.WriteAsync(session =>
        {
            session.Execute(RaiseFloor, instanceId);
            if (session.Execute("DELETE FROM instance WHERE instance_id = $1", instanceId) == 0) // the rest follows by foreign key
                return false;
            session.Execute("DELETE FROM api_key WHERE instance_id = $1", instanceId);
            if (purge)
                foreach (var sql in _purge)
                    session.Execute(sql, instanceId);
            return true;
        }, cancellationToken);

    public ValueTask<InstancePage> ListAsync(InstanceQuery query, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(query.Limit, 1, MaxPage);
        var (where, values) = Filter(query);
        return database.ScanAsync(session =>
        {
            var total = session.First($"SELECT COUNT(*) {From} {where}", static row => row.GetInt32(0), [.. values]);
            values[0] = query.Cursor ?? "";
            var items = session.Query($"{Summary} {From} {where} ORDER BY i.instance_id LIMIT ${values.Length + 1}", ReadSummary, [.. values, (long)limit + 1]);
            var more = items.Count > limit;
            if (more)
                items.RemoveAt(limit);
            return new InstancePage(items, more ? items[^1].InstanceId : null, total);
        }, cancellationToken);
    }

    public ValueTask<InstanceSummary?> FindSummaryAsync(string instanceId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.First($"{Summary} {From} WHERE i.instance_id = $1", ReadSummary, instanceId), cancellationToken);

    public async ValueTask ForgetOwnersAsync(CancellationToken cancellationToken) =>
        await database.WriteAsync(static session => session.Execute("UPDATE instance_lease SET owner = NULL, owner_since = NULL, last_owner = NULL, left_at = CASE WHEN owner IS NULL THEN left_at END"), cancellationToken);

    public ValueTask<IReadOnlyList<(string InstanceId, string? Owner)>> ListDesiredAsync(CancellationToken cancellationToken) =>
        database.ScanAsync<IReadOnlyList<(string InstanceId, string? Owner)>>(session => session.Query(
            $"SELECT i.instance_id, l.owner {From} WHERE i.desired = 1 ORDER BY COALESCE(s.last_active_at, 0) DESC, COALESCE(s.last_seen_at, 0) DESC, i.instance_id",
            static row => (row.GetString(0), row.TextOrNull(1))), cancellationToken);

    internal static InstanceDefinition? Find(SqliteSession session, string instanceId, DataSeal seal) => session.First(
        "SELECT sealed, desired, created_at FROM instance WHERE instance_id = $1",
        row => new InstanceDefinition(instanceId, seal.OpenDefinition(instanceId, row.GetFieldValue<byte[]>(0)), row.GetBoolean(1), row.Time(2)), instanceId);

    /// <summary>The filters as a WHERE; <c>$1</c> is the cursor, empty = from the start.</summary>
    private static (string Where, object?[] Values) Filter(InstanceQuery query)
    {
        var where = new StringBuilder("WHERE i.instance_id > $1");
        List<object?> values = [""];
        if (query.Status is { Length: > 0 } status)
        {
            values.Add(status);
            where.Append(CultureInfo.InvariantCulture, $" AND s.status = ${values.Count}");
        }
        if (query.Text is { Length: > 0 } text)
        {
            values.Add(InstanceSearch.Pattern(text));
            where.Append(CultureInfo.InvariantCulture, $" AND s.search_text LIKE ${values.Count} ESCAPE '\\'");
        }
        foreach (var (name, value) in query.Metadata.Take(MaxMetadataFilters))
        {
            values.Add(name);
            values.Add(value);
            where.Append(CultureInfo.InvariantCulture, $" AND EXISTS (SELECT 1 FROM instance_metadata m WHERE m.instance_id = i.instance_id AND m.name = ${values.Count - 1} AND m.value = ${values.Count})");
        }
        return (where.ToString(), [.. values]);
    }

    private InstanceSummary ReadSummary(SqliteDataReader row)
    {
        var id = row.GetString(0);
        var request = seal.OpenDefinition(id, row.GetFieldValue<byte[]>(1));
        var jid = AccountOf(row.TextOrNull(4));
        return new InstanceSummary
        {
            InstanceId = id,
            Status = row.GetString(3),
            PhoneNumber = jid is { IsPhone: true } ? jid.Value.User : null,
            Jid = jid?.ToString(),
            Lid = AccountOf(row.TextOrNull(5))?.ToString(),
            PushName = row.TextOrNull(6),
            Webhooks = [.. request.Webhooks.Select(webhook => webhook with { Secret = null, HasSecret = webhook.Secret is not null })],
            Metadata = request.Metadata,
            Node = row.TextOrNull(13),
            ConnectedAt = row.TimeOrNull(7),
            LastSeenAt = row.TimeOrNull(8),
            LastDisconnect = row.TextOrNull(9) is { } reason ? new DisconnectReport(reason, row.GetInt32(10), row.Time(11), row.GetBoolean(12)) : null,
            CreatedAt = row.Time(2),
            Settings = request.Settings,
            ProxyUrl = Outbound.ProxyAddress.Shown(request.ProxyUrl),
            WebhookBacklog = row.GetInt32(14),
        };
    }

    private static Jid? AccountOf(string? text) => Jid.TryParse(text, out var jid) ? jid.ToAccount() : null;
}
