using System.Globalization;
using System.Text;
using Npgsql;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>The instances on PostgreSQL.</summary>
internal sealed class PostgresInstanceRegistry(PostgresDatabase database, DataSeal seal) : IInstanceRegistry
{
    private const int MaxPage = 200;
    private const int MaxMetadataFilters = 20;

    private const string Summary = """
        SELECT i.instance_id, i.sealed, i.created_at, s.status, s.jid, s.lid, s.push_name, s.connected_at, s.last_seen_at,
               s.disconnect_reason, s.disconnect_code, s.disconnect_at, s.disconnect_will_reconnect, l.owner,
               (SELECT COUNT(*)::integer FROM outbox o WHERE o.instance_id = i.instance_id)
        """;
    private const string From = """

        FROM instance i JOIN instance_status s ON s.instance_id = i.instance_id JOIN instance_lease l ON l.instance_id = i.instance_id

        """;

    // One statement: all of it or, when the id is taken, nothing. Epochs go on above those of deleted instances, and sequences above
    // events that outlived a delete without purge. A delete under way holds the floor's row, so the floor is read after it.
    private const string Create = """
        WITH made AS (
            INSERT INTO instance (instance_id, sealed, desired, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (instance_id) DO NOTHING RETURNING instance_id),
        lease AS (
            INSERT INTO instance_lease (instance_id, epoch) SELECT made.instance_id, f.epoch FROM made, (SELECT epoch FROM epoch_floor FOR SHARE) f),
        status AS (
            INSERT INTO instance_status (instance_id, last_sequence, status, search_text)
            SELECT instance_id, COALESCE((SELECT MAX(sequence) FROM (
                SELECT sequence FROM outbox WHERE instance_id = $1 UNION ALL SELECT sequence FROM dead_letter WHERE instance_id = $1) left_over), 0), 'created', $5
            FROM made),
        labels AS (
            INSERT INTO instance_metadata (instance_id, name, value) SELECT made.instance_id, m.name, m.value FROM made, unnest($6::text[], $7::text[]) AS m (name, value))
        SELECT instance_id FROM made
        """;

    // Whoever holds the lease of this epoch; the row stays locked until the end.
    private const string Replace = """
        WITH owned AS (SELECT instance_id FROM instance_lease WHERE instance_id = $1 AND epoch = $2 FOR UPDATE),
        changed AS (UPDATE instance i SET sealed = $3 FROM owned WHERE i.instance_id = owned.instance_id RETURNING i.instance_id),
        gone AS (DELETE FROM instance_metadata m USING changed WHERE m.instance_id = changed.instance_id AND NOT m.name = ANY ($4::text[])),
        labels AS (
            INSERT INTO instance_metadata (instance_id, name, value) SELECT changed.instance_id, m.name, m.value FROM changed, unnest($4::text[], $5::text[]) AS m (name, value)
            ON CONFLICT (instance_id, name) DO UPDATE SET value = excluded.value)
        SELECT instance_id FROM changed
        """;

    // The lease first: whoever commits for this instance now finishes, and whoever comes later is fenced.
    private const string LockLease = "SELECT 1 FROM instance_lease WHERE instance_id = $1 FOR UPDATE";
    private const string RaiseFloor = "UPDATE epoch_floor f SET epoch = l.epoch FROM instance_lease l WHERE l.instance_id = $1 AND l.epoch > f.epoch";
    private const string Delete = "DELETE FROM instance WHERE instance_id = $1"; // the rest follows by foreign key

    private static readonly string[] _purge =
    [
        "DELETE FROM message WHERE instance_id = $1",
        "DELETE FROM poll_vote WHERE instance_id = $1",
        "DELETE FROM media WHERE instance_id = $1",
        "DELETE FROM outbox WHERE instance_id = $1",
        "DELETE FROM dead_letter WHERE instance_id = $1",
    ];

    public async ValueTask<bool> TryCreateAsync(InstanceDefinition definition, CancellationToken cancellationToken)
    {
        var (id, metadata) = (definition.InstanceId, definition.Request.Metadata.ToList());
        var made = await database.WriteAndQueryAsync([new(Create,
        [
            id, seal.SealDefinition(id, definition.Request), definition.Desired, definition.CreatedAt.ToUnixTimeMilliseconds(), InstanceSearch.Text(id),
            metadata.ConvertAll(label => label.Key).ToArray(), metadata.ConvertAll(label => label.Value).ToArray(),
        ])], static row => row.GetString(0), cancellationToken);
        return made.Count > 0;
    }

    public async ValueTask ReplaceAsync(string instanceId, long epoch, CreateInstance request, CancellationToken cancellationToken)
    {
        var metadata = request.Metadata.ToList();
        var changed = await database.WriteAndQueryAsync([new(Replace,
        [
            instanceId, epoch, seal.SealDefinition(instanceId, request), metadata.ConvertAll(label => label.Key).ToArray(), metadata.ConvertAll(label => label.Value).ToArray(),
        ])], static row => row.GetString(0), cancellationToken);
        if (changed.Count == 0)
            throw new FencedException($"{instanceId} has a newer owner");
    }

    public async ValueTask<InstanceDefinition?> FindAsync(string instanceId, CancellationToken cancellationToken) =>
        await database.WriteAndQueryAsync([Find(instanceId)], row => Read(row, instanceId, seal), cancellationToken) is [var found] ? found : null;

    internal static PostgresStatement Find(string instanceId) => new("SELECT sealed, desired, created_at FROM instance WHERE instance_id = $1", [instanceId]);

    internal static InstanceDefinition Read(NpgsqlDataReader row, string instanceId, DataSeal seal) =>
        new(instanceId, seal.OpenDefinition(instanceId, row.Bytes(0)), row.GetBoolean(1), row.Time(2));

    public async ValueTask<bool> DeleteAsync(string instanceId, bool purge, CancellationToken cancellationToken)
    {
        if (!await database.AnyAsync("SELECT 1 FROM instance WHERE instance_id = $1", cancellationToken, instanceId))
            return false;
        List<PostgresStatement> statements = [new(LockLease, [instanceId]), new(RaiseFloor, [instanceId])];
        statements.Add(new("DELETE FROM api_key WHERE instance_id = $1", [instanceId]));
        if (purge)
            statements.AddRange(_purge.Select(sql => new PostgresStatement(sql, [instanceId])));
        statements.Add(new(Delete, [instanceId]));
        return await database.WriteAsync(statements, cancellationToken) > 0;
    }

    public async ValueTask<InstancePage> ListAsync(InstanceQuery query, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(query.Limit, 1, MaxPage);
        var (where, values) = Filter(query);
        var (total, items) = await database.QueryTwoAsync(
            new($"SELECT COUNT(*)::integer {From} {where}", ["", .. values]), static row => row.GetInt32(0),
            new($"{Summary} {From} {where} ORDER BY i.instance_id LIMIT ${values.Count + 2}", [query.Cursor ?? "", .. values, (long)limit + 1]), ReadSummary, cancellationToken);
        var more = items.Count > limit;
        if (more)
            items.RemoveAt(limit);
        return new InstancePage(items, more ? items[^1].InstanceId : null, total[0]);
    }

    public ValueTask<InstanceSummary?> FindSummaryAsync(string instanceId, CancellationToken cancellationToken) =>
        database.FirstAsync($"{Summary} {From} WHERE i.instance_id = $1", ReadSummary, cancellationToken, instanceId);

    public async ValueTask ForgetOwnersAsync(CancellationToken cancellationToken) =>
        await database.ExecuteAsync("UPDATE instance_lease SET owner = NULL, owner_since = NULL, last_owner = NULL, left_at = CASE WHEN owner IS NULL THEN left_at END", cancellationToken);

    public async ValueTask<IReadOnlyList<(string InstanceId, string? Owner)>> ListDesiredAsync(CancellationToken cancellationToken) =>
        await database.QueryAsync($"SELECT i.instance_id, l.owner {From} WHERE i.desired ORDER BY COALESCE(s.last_active_at, 0) DESC, COALESCE(s.last_seen_at, 0) DESC, i.instance_id",
            static row => (row.GetString(0), row.TextOrNull(1)), cancellationToken);

    /// <summary>The filters as a WHERE; <c>$1</c> is the cursor, empty = from the start, and <c>$2</c> the first of the values.</summary>
    private static (string Where, List<object?> Values) Filter(InstanceQuery query)
    {
        var where = new StringBuilder("WHERE i.instance_id > $1");
        List<object?> values = [];
        if (query.Status is { Length: > 0 } status)
        {
            values.Add(status);
            where.Append(CultureInfo.InvariantCulture, $" AND s.status = ${values.Count + 1}");
        }
        if (query.Text is { Length: > 0 } text)
        {
            values.Add(InstanceSearch.Pattern(text));
            where.Append(CultureInfo.InvariantCulture, $" AND s.search_text LIKE ${values.Count + 1} ESCAPE '\\'");
        }
        foreach (var (name, value) in query.Metadata.Take(MaxMetadataFilters))
        {
            values.Add(name);
            values.Add(value);
            where.Append(CultureInfo.InvariantCulture, $" AND EXISTS (SELECT 1 FROM instance_metadata m WHERE m.instance_id = i.instance_id AND m.name = ${values.Count} AND m.value = ${values.Count + 1})");
        }
        return (where.ToString(), values);
    }

    private InstanceSummary ReadSummary(NpgsqlDataReader row)
    {
        var id = row.GetString(0);
        var request = seal.OpenDefinition(id, row.Bytes(1));
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
