using Npgsql;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage.Rows;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>
/// The event queue on PostgreSQL. Because order holds per endpoint, only the first row of each endpoint decides what happens next:
/// its due time, or the end of its claim, is when the endpoint can go on.
/// </summary>
internal sealed class PostgresOutboxStore(PostgresDatabase database, DataSeal seal, TimeProvider time) : IOutboxStore
{
    // Locks the head of the queue, so that a second claimer waits and then sees the claim of the first; takes it up to the first row whose turn has not come.
    private const string Claim = """
        WITH head AS MATERIALIZED (
            SELECT sequence, due_at, claimed_until FROM outbox WHERE instance_id = $1 AND endpoint_id = $2 ORDER BY sequence LIMIT $3 FOR UPDATE),
        turn AS (
            SELECT sequence FROM head
            WHERE sequence < COALESCE((SELECT MIN(sequence) FROM head WHERE due_at > $4 OR claimed_until > $4), 9223372036854775807))
        UPDATE outbox o SET claimed_until = $5 FROM turn
        WHERE o.instance_id = $1 AND o.endpoint_id = $2 AND o.sequence = turn.sequence
        RETURNING o.sequence, o.event_id, o.event_name, o.body, o.created_at, o.attempts, o.due_at
        """;
    private const string OfRow = "WHERE instance_id = $1 AND endpoint_id = $2 AND sequence = $3";

    // One index step per queue, however long the queues are.
    private const string Heads = """
        WITH RECURSIVE head AS (
            (SELECT instance_id, endpoint_id, due_at, claimed_until, created_at FROM outbox ORDER BY instance_id, endpoint_id, sequence LIMIT 1)
            UNION ALL
            SELECT n.instance_id, n.endpoint_id, n.due_at, n.claimed_until, n.created_at
            FROM head h CROSS JOIN LATERAL (
                SELECT o.instance_id, o.endpoint_id, o.due_at, o.claimed_until, o.created_at
                FROM outbox o WHERE (o.instance_id, o.endpoint_id) > (h.instance_id, h.endpoint_id)
                ORDER BY o.instance_id, o.endpoint_id, o.sequence LIMIT 1) n)
        """;

    public async ValueTask<IReadOnlyList<OutboxRow>> ClaimAsync(string instanceId, string endpointId, int limit, TimeSpan visibility, CancellationToken cancellationToken)
    {
        var now = Now;
        var rows = await database.WriteAndQueryAsync([new(Claim, [instanceId, endpointId, (long)limit, now, now + (long)visibility.TotalMilliseconds])],
            row => Read(instanceId, endpointId, row), cancellationToken);
        return [.. rows.OrderBy(row => row.Sequence)];
    }

    public async ValueTask DeleteAsync(string instanceId, string endpointId, IReadOnlyCollection<long> sequences, CancellationToken cancellationToken) =>
        await database.ExecuteAsync("DELETE FROM outbox WHERE instance_id = $1 AND endpoint_id = $2 AND sequence = ANY($3)",
            cancellationToken, instanceId, endpointId, sequences.ToArray());

    public async ValueTask RescheduleAsync(string instanceId, string endpointId, long sequence, int attempts, long dueAt, IReadOnlyCollection<long> release, CancellationToken cancellationToken) =>
        await database.WriteAsync(
        [
            new("UPDATE outbox SET claimed_until = 0 WHERE instance_id = $1 AND endpoint_id = $2 AND sequence = ANY($3)", [instanceId, endpointId, release.ToArray()]),
            new($"UPDATE outbox SET attempts = $4, due_at = $5, claimed_until = 0 {OfRow}", [instanceId, endpointId, sequence, attempts, dueAt]),
        ], cancellationToken);

    public async ValueTask<IReadOnlyList<OutboxRow>> FindHeldAsync(string instanceId, long sequence, CancellationToken cancellationToken) =>
        await database.QueryAsync("""
            SELECT sequence, event_id, event_name, body, created_at, attempts, due_at, endpoint_id
            FROM outbox WHERE instance_id = $1 AND sequence = $2 AND due_at > $3 AND attempts = 0 AND claimed_until = 0
            """, row => Read(instanceId, row.GetString(7), row), cancellationToken, instanceId, sequence, Now);

    public async ValueTask<bool> ReviseAsync(string instanceId, string endpointId, long sequence, byte[] body, CancellationToken cancellationToken) =>
        await database.ExecuteAsync($"UPDATE outbox SET body = $4, due_at = $5 {OfRow} AND due_at > $5 AND attempts = 0 AND claimed_until = 0",
            cancellationToken, instanceId, endpointId, sequence, seal.SealEvent(instanceId, endpointId, sequence, body), Now) > 0;

    public async ValueTask<InstanceDefinition?> BeginAsync(string instanceId, CancellationToken cancellationToken) => await database.WriteAndQueryAsync(
    [
        new("UPDATE outbox SET claimed_until = 0 WHERE instance_id = $1 AND claimed_until > $2", [instanceId, Now]),
        PostgresInstanceRegistry.Find(instanceId),
    ], row => InstanceRows.ReadDefinition(row, instanceId, seal), cancellationToken) is [var found] ? found : null;

    public async ValueTask BuryAsync(string instanceId, string endpointId, long sequence, int attempts, string reason, CancellationToken cancellationToken) =>
        await database.WriteAsync(
        [
            new($"""
                INSERT INTO dead_letter (instance_id, endpoint_id, sequence, event_id, event_name, body, created_at, attempts, reason, buried_at)
                SELECT instance_id, endpoint_id, sequence, event_id, event_name, body, created_at, $4, $5, $6 FROM outbox {OfRow}
                ON CONFLICT (instance_id, endpoint_id, sequence) DO NOTHING
                """, [instanceId, endpointId, sequence, attempts, reason, Now]),
            new("""
                DELETE FROM dead_letter WHERE instance_id = $1 AND endpoint_id = $2 AND sequence <= (
                    SELECT sequence FROM dead_letter WHERE instance_id = $1 AND endpoint_id = $2 ORDER BY sequence DESC LIMIT 1 OFFSET $3)
                """, [instanceId, endpointId, DeadLetters.Kept]),
            new($"DELETE FROM outbox {OfRow}", [instanceId, endpointId, sequence]),
        ], cancellationToken);

    public async ValueTask<IReadOnlyList<DeadDelivery>> ListDeadAsync(string instanceId, (long Sequence, string EndpointId)? before, int limit, CancellationToken cancellationToken) =>
        await database.QueryAsync("""
            SELECT event_id, endpoint_id, sequence, event_name, attempts, reason, created_at, buried_at FROM dead_letter
            WHERE instance_id = $1 AND (sequence, endpoint_id) < ($2, $3) ORDER BY sequence DESC, endpoint_id DESC LIMIT $4
            """,
            static row => new DeadDelivery(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetInt32(4), row.GetString(5), row.Time(6), row.Time(7)),
            cancellationToken, instanceId, before?.Sequence ?? long.MaxValue, before?.EndpointId ?? "", limit);

    public async ValueTask<IReadOnlyList<string>> ReviveAsync(string instanceId, string eventId, CancellationToken cancellationToken) =>
        await database.WriteAndQueryAsync([new("""
            WITH revived AS (DELETE FROM dead_letter WHERE instance_id = $1 AND event_id = $2 RETURNING *),
            back AS (
                INSERT INTO outbox (instance_id, endpoint_id, sequence, event_id, event_name, body, created_at, attempts, due_at, claimed_until)
                SELECT instance_id, endpoint_id, sequence, event_id, event_name, body, $3, 0, $3, 0 FROM revived
                ON CONFLICT (instance_id, endpoint_id, sequence) DO NOTHING)
            SELECT endpoint_id FROM revived
            """, [instanceId, eventId, Now])], static row => row.GetString(0), cancellationToken);

    public async ValueTask<IReadOnlyDictionary<string, long>> NextDueAsync(string instanceId, CancellationToken cancellationToken) =>
        (await database.QueryAsync("""
            SELECT DISTINCT ON (endpoint_id) endpoint_id, GREATEST(due_at, claimed_until) FROM outbox WHERE instance_id = $1 ORDER BY endpoint_id, sequence
            """, static row => (Endpoint: row.GetString(0), Due: row.GetInt64(1)), cancellationToken, instanceId))
        .ToDictionary(row => row.Endpoint, row => row.Due);

    public async ValueTask<IReadOnlyList<string>> FindNeglectedAsync(TimeSpan age, int limit, CancellationToken cancellationToken) =>
        await database.QueryAsync($"""
            {Heads}
            SELECT DISTINCT h.instance_id FROM head h JOIN instance i ON i.instance_id = h.instance_id
            WHERE h.due_at <= $1 AND h.claimed_until <= $1 AND h.created_at <= $1
            ORDER BY h.instance_id LIMIT $2
            """, static row => row.GetString(0), cancellationToken, Now - (long)age.TotalMilliseconds, (long)limit);

    public async ValueTask<IReadOnlyDictionary<string, int>> CountAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken) =>
        (await database.QueryAsync("SELECT instance_id, COUNT(*)::integer FROM outbox WHERE instance_id = ANY($1) GROUP BY instance_id",
            static row => (Id: row.GetString(0), Count: row.GetInt32(1)), cancellationToken, [instanceIds.ToArray()]))
        .ToDictionary(row => row.Id, row => row.Count);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private OutboxRow Read(string instanceId, string endpointId, NpgsqlDataReader row) =>
        new(endpointId, row.GetInt64(0), row.GetString(1), row.GetString(2), seal.OpenEvent(instanceId, endpointId, row.GetInt64(0), row.Bytes(3)), row.GetInt64(4))
        {
            Attempts = row.GetInt32(5),
            DueAt = row.GetInt64(6),
        };
}
