using System.Data.Common;
using WhatsApp.Grains.Storage.Rows;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>Claim, release and moves as statements.</summary>
internal static class PostgresOwnership
{
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
    // It connects as soon as it is claimed; the status of the owner before is read by the note of the move.
    private const string Begin = """
        UPDATE instance_status s SET status = CASE WHEN s.jid IS NULL THEN 'connecting' ELSE 'reconnecting' END
        FROM instance i WHERE s.instance_id = $1 AND i.instance_id = $1 AND i.desired
        """;
    private const string Prune = "DELETE FROM ownership_move WHERE instance_id = $1 AND moved_at < $2";
    private const string Start = $"""
        SELECT l.epoch, s.last_sequence, i.sealed, i.desired, i.created_at, s.last_active_at, {OwnershipRows.StatusColumns}, c.sealed,
            EXISTS (SELECT 1 FROM outbox o WHERE o.instance_id = $1),
            EXISTS (SELECT 1 FROM message p WHERE p.instance_id = $1 AND p.from_me AND p.status IN (10, 11)),
            EXISTS (SELECT 1 FROM media f WHERE f.instance_id = $1 AND f.state IN (1, 3)), {OwnershipRows.MoveColumns}
        FROM instance_lease l JOIN instance_status s ON s.instance_id = l.instance_id JOIN instance i ON i.instance_id = l.instance_id
        LEFT JOIN credentials c ON c.instance_id = l.instance_id
        LEFT JOIN ownership_move m ON m.instance_id = l.instance_id AND NOT m.told
        WHERE l.instance_id = $1 ORDER BY m.epoch DESC LIMIT 20
        """;
    private const string Free = "UPDATE instance_lease SET owner = NULL, owner_since = NULL, left_at = $3, left_for = $4 WHERE instance_id = $1 AND epoch = $2";
    private const string MarkTold = "UPDATE ownership_move SET told = TRUE, downtime_ms = $3 WHERE instance_id = $1 AND epoch = $2";

    public static IEnumerable<PostgresStatement> Claim(string instanceId, string owner, long now) =>
        [new(NoteMove, [instanceId, owner, now]), new(Take, [instanceId, owner, now]), new(Begin, [instanceId]), new(Prune, [instanceId, now - OwnershipRows.KeepMovesFor]), new(Start, [instanceId])];

    public static PostgresStatement Release(string instanceId, long epoch, string reason, long now) => new(Free, [instanceId, epoch, now, reason]);

    public static PostgresStatement Told(string instanceId, ToldMove move) => new(MarkTold, [instanceId, move.Epoch, (long?)move.Downtime?.TotalMilliseconds]);

    /// <summary>Rows of a claim as what the owner starts from: one per move that is still to be told, newest first; one without a move when there is none.</summary>
    public static Ownership? Read(IReadOnlyList<(Ownership Ownership, OwnershipMove? Move)> rows) =>
        rows is [var (ownership, _), ..] ? ownership with { Moves = [.. rows.Select(row => row.Move).OfType<OwnershipMove>().Reverse()] } : null;

    /// <summary>A row of a claim.</summary>
    public static (Ownership Ownership, OwnershipMove? Move) ReadRow(DbDataReader row, string instanceId, DataSeal seal)
    {
        var definition = new InstanceDefinition(instanceId, seal.OpenDefinition(instanceId, row.Bytes(2)), row.GetBoolean(3), row.Time(4));
        return (new Ownership(row.GetInt64(0), row.GetInt64(1), definition, OwnershipRows.ReadStatus(row, 6))
        {
            LastActiveAt = row.TimeOrNull(5),
            Credentials = row.BytesOrNull(16) is { } credentials ? seal.OpenCredentials(instanceId, credentials) : null,
            LeftOver = new LeftOver(row.GetBoolean(17), row.GetBoolean(18), row.GetBoolean(19)),
        }, OwnershipRows.ReadMove(row, instanceId, 20));
    }
}
