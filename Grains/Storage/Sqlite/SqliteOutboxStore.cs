using Microsoft.Data.Sqlite;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage.Rows;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>
/// The event queue on SQLite. Because order holds per endpoint, only the first row of each endpoint decides what happens next:
/// its due time, or the end of its claim, is when the endpoint can go on.
/// </summary>
internal sealed class SqliteOutboxStore(SqliteDatabase database, DataSeal seal, TimeProvider time) : IOutboxStore
{
    private const string Head = """
        SELECT sequence, event_id, event_name, body, created_at, attempts, due_at, claimed_until
        FROM outbox WHERE instance_id = $1 AND endpoint_id = $2 ORDER BY sequence LIMIT $3
        """;
    private const string HeadTimes = "SELECT due_at, claimed_until FROM outbox WHERE instance_id = $1 AND endpoint_id = $2 ORDER BY sequence LIMIT 1";

    public async ValueTask<IReadOnlyList<OutboxRow>> ClaimAsync(string instanceId, string endpointId, int limit, TimeSpan visibility, CancellationToken cancellationToken)
    {
        var now = Now;
        var free = await database.ReadAsync(session => session.First(HeadTimes, row => row.GetInt64(0) <= now && row.GetInt64(1) <= now, instanceId, endpointId), cancellationToken);
        if (!free)
            return []; // nothing waits, or its turn has not come: no need to trouble the writer
        var claimed = await database.WriteAsync(session =>
        {
            var rows = session.Query(Head, row => ReadHead(endpointId, row), instanceId, endpointId, (long)limit)
                .TakeWhile(head => head.Row.DueAt <= now && head.ClaimedUntil <= now).Select(head => head.Row).ToList();
            if (rows.Count > 0)
                session.Execute("UPDATE outbox SET claimed_until = $4 WHERE instance_id = $1 AND endpoint_id = $2 AND sequence <= $3",
                    instanceId, endpointId, rows[^1].Sequence, now + (long)visibility.TotalMilliseconds);
            return rows;
        }, cancellationToken);
        return [.. claimed.Select(row => Open(instanceId, row))];
    }

    public async ValueTask DeleteAsync(string instanceId, string endpointId, IReadOnlyCollection<long> sequences, CancellationToken cancellationToken) =>
        await database.WriteAsync(session => Delete(session, instanceId, endpointId, sequences), cancellationToken);

    public async ValueTask RescheduleAsync(string instanceId, string endpointId, long sequence, int attempts, long dueAt, IReadOnlyCollection<long> release, CancellationToken cancellationToken) =>
        await database.WriteAsync(session =>
        {
            foreach (var untried in release)
                session.Execute("UPDATE outbox SET claimed_until = 0 WHERE instance_id = $1 AND endpoint_id = $2 AND sequence = $3", instanceId, endpointId, untried);
            return session.Execute("UPDATE outbox SET attempts = $4, due_at = $5, claimed_until = 0 WHERE instance_id = $1 AND endpoint_id = $2 AND sequence = $3",
                instanceId, endpointId, sequence, (long)attempts, dueAt);
        }, cancellationToken);

    public ValueTask<IReadOnlyList<OutboxRow>> FindHeldAsync(string instanceId, long sequence, CancellationToken cancellationToken)
    {
        var now = Now;
        return database.ReadAsync<IReadOnlyList<OutboxRow>>(session => session.Query("""
            SELECT sequence, event_id, event_name, body, created_at, attempts, due_at, claimed_until, endpoint_id
            FROM outbox WHERE instance_id = $1 AND sequence = $2 AND due_at > $3 AND attempts = 0 AND claimed_until = 0
            """, row => Open(instanceId, ReadHead(row.GetString(8), row).Row), instanceId, sequence, now), cancellationToken);
    }

    public async ValueTask<bool> ReviseAsync(string instanceId, string endpointId, long sequence, byte[] body, CancellationToken cancellationToken)
    {
        var (now, sealedBody) = (Now, seal.SealEvent(instanceId, endpointId, sequence, body));
        return await database.WriteAsync(session => session.Execute("""
            UPDATE outbox SET body = $4, due_at = $5
            WHERE instance_id = $1 AND endpoint_id = $2 AND sequence = $3 AND due_at > $5 AND attempts = 0 AND claimed_until = 0
            """, instanceId, endpointId, sequence, sealedBody, now), cancellationToken) > 0;
    }

    public async ValueTask<InstanceDefinition?> BeginAsync(string instanceId, CancellationToken cancellationToken)
    {
        var now = Now;
        if (await database.ReadAsync(session => session.Any("SELECT 1 FROM outbox WHERE instance_id = $1 AND claimed_until > $2", instanceId, now), cancellationToken))
            await database.WriteAsync(session => session.Execute("UPDATE outbox SET claimed_until = 0 WHERE instance_id = $1 AND claimed_until > 0", instanceId), cancellationToken);
        return await database.ReadAsync(session => SqliteInstanceRegistry.Find(session, instanceId, seal), cancellationToken);
    }

    public async ValueTask BuryAsync(string instanceId, string endpointId, long sequence, int attempts, string reason, CancellationToken cancellationToken)
    {
        var now = Now;
        await database.WriteAsync(session =>
        {
            session.Execute("""
                INSERT INTO dead_letter (instance_id, endpoint_id, sequence, event_id, event_name, body, created_at, attempts, reason, buried_at)
                SELECT instance_id, endpoint_id, sequence, event_id, event_name, body, created_at, $4, $5, $6
                FROM outbox WHERE instance_id = $1 AND endpoint_id = $2 AND sequence = $3
                ON CONFLICT (instance_id, endpoint_id, sequence) DO NOTHING
                """, instanceId, endpointId, sequence, (long)attempts, reason, now);
            session.Execute("""
                DELETE FROM dead_letter WHERE instance_id = $1 AND endpoint_id = $2 AND sequence <= (
                    SELECT sequence FROM dead_letter WHERE instance_id = $1 AND endpoint_id = $2 ORDER BY sequence DESC LIMIT 1 OFFSET $3)
                """, instanceId, endpointId, DeadLetters.Kept);
            return Delete(session, instanceId, endpointId, [sequence]);
        }, cancellationToken);
    }

    public ValueTask<IReadOnlyList<DeadDelivery>> ListDeadAsync(string instanceId, (long Sequence, string EndpointId)? before, int limit, CancellationToken cancellationToken) =>
        database.ScanAsync<IReadOnlyList<DeadDelivery>>(session => session.Query("""
            SELECT event_id, endpoint_id, sequence, event_name, attempts, reason, created_at, buried_at FROM dead_letter
            WHERE instance_id = $1 AND (sequence, endpoint_id) < ($2, $3) ORDER BY sequence DESC, endpoint_id DESC LIMIT $4
            """,
            static row => new DeadDelivery(row.GetString(0), row.GetString(1), row.GetInt64(2), row.GetString(3), row.GetInt32(4), row.GetString(5),
                DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(6)), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(7))),
            instanceId, before?.Sequence ?? long.MaxValue, before?.EndpointId ?? "", (long)limit), cancellationToken);

    public ValueTask<IReadOnlyList<string>> ReviveAsync(string instanceId, string eventId, CancellationToken cancellationToken)
    {
        var now = Now;
        return database.WriteAsync<IReadOnlyList<string>>(session =>
        {
            session.Execute("""
                INSERT INTO outbox (instance_id, endpoint_id, sequence, event_id, event_name, body, created_at, attempts, due_at, claimed_until)
                SELECT instance_id, endpoint_id, sequence, event_id, event_name, body, $3, 0, $3, 0 FROM dead_letter WHERE instance_id = $1 AND event_id = $2
                ON CONFLICT (instance_id, endpoint_id, sequence) DO NOTHING
                """, instanceId, eventId, now);
            return session.Query("DELETE FROM dead_letter WHERE instance_id = $1 AND event_id = $2 RETURNING endpoint_id", static row => row.GetString(0), instanceId, eventId);
        }, cancellationToken);
    }

    public ValueTask<IReadOnlyDictionary<string, long>> NextDueAsync(string instanceId, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<string, long>>(session => session.Query("""
            SELECT o.endpoint_id, CASE WHEN o.claimed_until > o.due_at THEN o.claimed_until ELSE o.due_at END
            FROM outbox o
            JOIN (SELECT endpoint_id, MIN(sequence) AS sequence FROM outbox WHERE instance_id = $1 GROUP BY endpoint_id) head
              ON head.endpoint_id = o.endpoint_id AND head.sequence = o.sequence
            WHERE o.instance_id = $1
            """, static row => (Endpoint: row.GetString(0), Due: row.GetInt64(1)), instanceId).ToDictionary(row => row.Endpoint, row => row.Due), cancellationToken);

    public ValueTask<IReadOnlyList<string>> FindNeglectedAsync(TimeSpan age, int limit, CancellationToken cancellationToken)
    {
        var cutoff = Now - (long)age.TotalMilliseconds;
        return database.ScanAsync<IReadOnlyList<string>>(session => session.Query("""
            SELECT DISTINCT o.instance_id
            FROM outbox o
            JOIN (SELECT instance_id, endpoint_id, MIN(sequence) AS sequence FROM outbox GROUP BY instance_id, endpoint_id) head
              ON head.instance_id = o.instance_id AND head.endpoint_id = o.endpoint_id AND head.sequence = o.sequence
            JOIN instance i ON i.instance_id = o.instance_id
            WHERE o.due_at <= $1 AND o.claimed_until <= $1 AND o.created_at <= $1
            ORDER BY o.instance_id LIMIT $2
            """, static row => row.GetString(0), cutoff, (long)limit), cancellationToken);
    }

    public ValueTask<IReadOnlyDictionary<string, int>> CountAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken) =>
        database.ScanAsync<IReadOnlyDictionary<string, int>>(session => instanceIds.Distinct()
            .Select(id => (Id: id, Count: session.First("SELECT COUNT(*) FROM outbox WHERE instance_id = $1", static row => row.GetInt32(0), id)))
            .Where(row => row.Count > 0).ToDictionary(row => row.Id, row => row.Count), cancellationToken);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private OutboxRow Open(string instanceId, OutboxRow row) => row with { Body = seal.OpenEvent(instanceId, row.EndpointId, row.Sequence, row.Body) };

    private static int Delete(SqliteSession session, string instanceId, string endpointId, IReadOnlyCollection<long> sequences) =>
        sequences.Sum(sequence => session.Execute("DELETE FROM outbox WHERE instance_id = $1 AND endpoint_id = $2 AND sequence = $3", instanceId, endpointId, sequence));

    private static (OutboxRow Row, long ClaimedUntil) ReadHead(string endpointId, SqliteDataReader row) => (
        new OutboxRow(endpointId, row.GetInt64(0), row.GetString(1), row.GetString(2), row.Bytes(3), row.GetInt64(4))
        {
            Attempts = row.GetInt32(5),
            DueAt = row.GetInt64(6),
        }, row.GetInt64(7));
}
