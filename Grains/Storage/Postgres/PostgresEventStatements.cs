namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>The outbox rows of one or more batches, and the counters of their events, as a statement each.</summary>
internal static class PostgresEventStatements
{
    private const string Put = """
        WITH put AS (
            INSERT INTO outbox (instance_id, endpoint_id, sequence, event_id, event_name, body, created_at, attempts, due_at, claimed_until)
            SELECT r.*, 0 FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::bytea[], $7::bigint[], $8::integer[], $9::bigint[]) AS r
            ON CONFLICT (instance_id, endpoint_id, sequence) DO UPDATE SET event_id = excluded.event_id WHERE outbox.event_id = excluded.event_id
            RETURNING 1)
        SELECT require_rows((SELECT COUNT(*) FROM put), $10)
        """;
    private const string RaiseSequence = """
        UPDATE instance_status s SET last_sequence = r.sequence FROM unnest($1::text[], $2::bigint[]) AS r (instance_id, sequence)
        WHERE s.instance_id = r.instance_id AND s.last_sequence < r.sequence
        """;

    public static void Add(List<PostgresStatement> statements, IReadOnlyList<SessionCommit> commits, DataSeal seal)
    {
        (string Instance, OutboxRow Row)[] rows = [.. commits.SelectMany(commit => commit.Batch.Outbox.Select(row => (commit.InstanceId, row)))];
        if (rows.Length > 0)
            statements.Add(new(Put,
            [
                Array.ConvertAll(rows, one => one.Instance), Array.ConvertAll(rows, one => one.Row.EndpointId), Array.ConvertAll(rows, one => one.Row.Sequence),
                Array.ConvertAll(rows, one => one.Row.EventId), Array.ConvertAll(rows, one => one.Row.EventName),
                Array.ConvertAll(rows, one => seal.SealEvent(one.Instance, one.Row.EndpointId, one.Row.Sequence, one.Row.Body)),
                Array.ConvertAll(rows, one => one.Row.CreatedAt), Array.ConvertAll(rows, one => one.Row.Attempts), Array.ConvertAll(rows, one => one.Row.DueAt), (long)rows.Length,
            ]));
        // With a new status line the counter is part of it: a second change of the row would cost a version of it.
        SessionCommit[] counted = [.. commits.Where(commit => commit.Batch is { Status: null, LastSequence: > 0 })];
        if (counted.Length > 0)
            statements.Add(new(RaiseSequence, [Array.ConvertAll(counted, commit => commit.InstanceId), Array.ConvertAll(counted, commit => commit.Batch.LastSequence)]));
    }
}
