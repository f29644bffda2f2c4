using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage.Rows;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>The instances on SQLite.</summary>
internal sealed class SqliteInstanceRegistry(SqliteDatabase database, DataSeal seal) : IInstanceRegistry
{
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
                foreach (var sql in InstanceRows.Purge)
                    session.Execute(sql, instanceId);
            return true;
        }, cancellationToken);

    public ValueTask<InstancePage> ListAsync(InstanceQuery query, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(query.Limit, 1, InstanceRows.MaxPage);
        var (where, values) = InstanceRows.Filter(query);
        return database.ScanAsync(session =>
        {
            var total = session.First($"SELECT COUNT(*) {InstanceRows.From} {where}", static row => row.GetInt32(0), values);
            var items = session.Query($"{InstanceRows.Summary} {InstanceRows.From} {where} ORDER BY i.instance_id LIMIT ${values.Length + 1}",
                row => InstanceRows.ReadSummary(row, seal), [query.Cursor ?? "", .. values[1..], (long)limit + 1]);
            return InstanceRows.Page(items, limit, total);
        }, cancellationToken);
    }

    public ValueTask<InstanceSummary?> FindSummaryAsync(string instanceId, CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.First($"{InstanceRows.Summary} {InstanceRows.From} WHERE i.instance_id = $1", row => InstanceRows.ReadSummary(row, seal), instanceId), cancellationToken);

    public async ValueTask ForgetOwnersAsync(CancellationToken cancellationToken) =>
        await database.WriteAsync(static session => session.Execute(InstanceRows.ForgetOwners), cancellationToken);

    public ValueTask<IReadOnlyList<(string InstanceId, string? Owner)>> ListDesiredAsync(CancellationToken cancellationToken) =>
        database.ScanAsync<IReadOnlyList<(string InstanceId, string? Owner)>>(session => session.Query(
            InstanceRows.Desired, static row => (row.GetString(0), row.TextOrNull(1))), cancellationToken);

    internal static InstanceDefinition? Find(SqliteSession session, string instanceId, DataSeal seal) =>
        session.First(InstanceRows.Definition, row => InstanceRows.ReadDefinition(row, instanceId, seal), instanceId);
}
