using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage.Rows;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>The instances on PostgreSQL.</summary>
internal sealed class PostgresInstanceRegistry(PostgresDatabase database, DataSeal seal) : IInstanceRegistry
{
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
        await database.WriteAndQueryAsync([Find(instanceId)], row => InstanceRows.ReadDefinition(row, instanceId, seal), cancellationToken) is [var found] ? found : null;

    internal static PostgresStatement Find(string instanceId) => new(InstanceRows.Definition, [instanceId]);

    public async ValueTask<bool> DeleteAsync(string instanceId, bool purge, CancellationToken cancellationToken)
    {
        if (!await database.AnyAsync("SELECT 1 FROM instance WHERE instance_id = $1", cancellationToken, instanceId))
            return false;
        List<PostgresStatement> statements = [new(LockLease, [instanceId]), new(RaiseFloor, [instanceId])];
        statements.Add(new("DELETE FROM api_key WHERE instance_id = $1", [instanceId]));
        if (purge)
            statements.AddRange(InstanceRows.Purge.Select(sql => new PostgresStatement(sql, [instanceId])));
        statements.Add(new(Delete, [instanceId]));
        return await database.WriteAsync(statements, cancellationToken) > 0;
    }

    public async ValueTask<InstancePage> ListAsync(InstanceQuery query, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(query.Limit, 1, InstanceRows.MaxPage);
        var (where, values) = InstanceRows.Filter(query);
        var (total, items) = await database.QueryTwoAsync(
            new($"SELECT COUNT(*)::integer {InstanceRows.From} {where}", values), static row => row.GetInt32(0),
            new($"{InstanceRows.Summary} {InstanceRows.From} {where} ORDER BY i.instance_id LIMIT ${values.Length + 1}", [query.Cursor ?? "", .. values[1..], (long)limit + 1]),
            row => InstanceRows.ReadSummary(row, seal), cancellationToken);
        return InstanceRows.Page(items, limit, total[0]);
    }

    public ValueTask<InstanceSummary?> FindSummaryAsync(string instanceId, CancellationToken cancellationToken) =>
        database.FirstAsync($"{InstanceRows.Summary} {InstanceRows.From} WHERE i.instance_id = $1", row => InstanceRows.ReadSummary(row, seal), cancellationToken, instanceId);

    public async ValueTask ForgetOwnersAsync(CancellationToken cancellationToken) => await database.ExecuteAsync(InstanceRows.ForgetOwners, cancellationToken);

    public async ValueTask<IReadOnlyList<(string InstanceId, string? Owner)>> ListDesiredAsync(CancellationToken cancellationToken) =>
        await database.QueryAsync(InstanceRows.Desired, static row => (row.GetString(0), row.TextOrNull(1)), cancellationToken);
}
