using Npgsql;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>Claim, release and moves as statements.</summary>
internal static class PostgresOwnership
{
    internal const string MoveColumns = "m.epoch, m.from_node, m.to_node, m.reason, m.moved_at, m.down_since";
    internal const long KeepMovesFor = 30L * 24 * 60 * 60 * 1000;

    // Only when the old owner is another node: the part after @ changes with every start. A clean owner said when it closed; of one that
    // died the last sign of life counts: its lease (of 15 s) or what it last committed.
    private const string NoteMove = """
        INSERT INTO ownership_move (instance_id, epoch, from_node, to_node, reason, moved_at, down_since)
        SELECT $1, l.epoch + 1, COALESCE(l.owner, l.last_owner), $2, CASE WHEN l.owner IS NULL THEN COALESCE(l.left_for, 'drain') ELSE 'crash' END, $3,
            COALESCE(
                (SELECT MIN(m.down_since) FROM ownership_move m WHERE m.instance_id = $1 AND NOT m.told),
                CASE s.status
                    WHEN 'open' THEN CASE WHEN l.owner IS NULL THEN l.left_at ELSE GREATEST(l.owner_since, s.last_seen_at,
                        (SELECT (EXTRACT(EPOCH FROM lease_until) * 1000)::bigint - 15000 FROM silo_lease WHERE silo = l.owner)) END
                    WHEN 'reconnecting' THEN CASE WHEN s.disconnect_at < s.connected_at THEN s.last_seen_at ELSE s.disconnect_at END END)
        FROM (SELECT * FROM instance_lease WHERE instance_id = $1 FOR UPDATE) l JOIN instance_status s ON s.instance_id = l.instance_id
        WHERE split_part(COALESCE(l.owner, l.last_owner), '@', 1) <> split_part($2, '@', 1)
        """;
    // A statement of its own before the read: the first waits for what the old owner is just committing, and only a later one sees it.
    private const string Take = """
        UPDATE instance_lease SET epoch = epoch + 1, owner = $2, owner_since = $3, last_owner = $2, left_at = NULL, left_for = NULL WHERE instance_id = $1
        """;
    private const string Prune = "DELETE FROM ownership_move WHERE instance_id = $1 AND moved_at < $2";
    private const string Start = $"""
        SELECT l.epoch, s.last_sequence, i.sealed, i.desired, i.created_at, s.last_active_at, {MoveColumns}
        FROM instance_lease l JOIN instance_status s ON s.instance_id = l.instance_id JOIN instance i ON i.instance_id = l.instance_id
        LEFT JOIN ownership_move m ON m.instance_id = l.instance_id AND NOT m.told
        WHERE l.instance_id = $1 ORDER BY m.epoch DESC LIMIT 20
        """;
    private const string Free = "UPDATE instance_lease SET owner = NULL, owner_since = NULL, left_at = $3, left_for = $4 WHERE instance_id = $1 AND epoch = $2";
    private const string MarkTold = "UPDATE ownership_move SET told = TRUE, downtime_ms = $3 WHERE instance_id = $1 AND epoch = $2";

    public static IEnumerable<PostgresStatement> Claim(string instanceId, string owner, long now) =>
        [new(NoteMove, [instanceId, owner, now]), new(Take, [instanceId, owner, now]), new(Prune, [instanceId, now - KeepMovesFor]), new(Start, [instanceId])];

    public static PostgresStatement Release(string instanceId, long epoch, string reason, long now) => new(Free, [instanceId, epoch, now, reason]);

    public static PostgresStatement Told(string instanceId, ToldMove move) => new(MarkTold, [instanceId, move.Epoch, (long?)move.Downtime?.TotalMilliseconds]);

    /// <summary>A move from <see cref="MoveColumns"/>, or null when there is none in this row.</summary>
    public static OwnershipMove? ReadMove(NpgsqlDataReader row, string instanceId, int column) => row.IsDBNull(column) ? null : new OwnershipMove(
        instanceId, row.GetInt64(column), row.GetString(column + 1), row.GetString(column + 2), row.GetString(column + 3), row.Time(column + 4), row.TimeOrNull(column + 5));
}
