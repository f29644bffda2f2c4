using System.Data.Common;
using WhatsApp.Grains.Storage.Rows;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Claim, release and moves.</summary>
internal static class SqliteOwnership
{
    // Only when the old owner is another node: the part after @ changes with every start. A clean owner said when it closed; of one that
    // died the last sign of life counts.
    private const string NoteMove = """
        INSERT INTO ownership_move (instance_id, epoch, from_node, to_node, reason, moved_at, down_since)
        SELECT $1, l.epoch + 1, COALESCE(l.owner, l.last_owner), $2, CASE WHEN l.owner IS NULL THEN COALESCE(l.left_for, 'drain') ELSE 'crash' END, $3,
            COALESCE(
                (SELECT MIN(m.down_since) FROM ownership_move m WHERE m.instance_id = $1 AND NOT m.told),
                CASE s.status
                    WHEN 'open' THEN CASE WHEN l.owner IS NULL THEN l.left_at ELSE MAX(l.owner_since, COALESCE(s.last_seen_at, 0)) END
                    WHEN 'reconnecting' THEN CASE WHEN s.disconnect_at < s.connected_at THEN s.last_seen_at ELSE s.disconnect_at END END)
        FROM instance_lease l JOIN instance_status s ON s.instance_id = l.instance_id
        WHERE l.instance_id = $1
          AND substr(COALESCE(l.owner, l.last_owner), 1, instr(COALESCE(l.owner, l.last_owner) || '@', '@') - 1) <> substr($2, 1, instr($2 || '@', '@') - 1)
        """;
    private const string Take = """
        UPDATE instance_lease SET epoch = epoch + 1, owner = $2, owner_since = $3, last_owner = $2, left_at = NULL, left_for = NULL WHERE instance_id = $1 RETURNING epoch
        """;

    // It connects as soon as it is claimed; the status of the owner before is read by the note of the move.
    private const string Begin = """
        UPDATE instance_status SET status = CASE WHEN jid IS NULL THEN 'connecting' ELSE 'reconnecting' END
        WHERE instance_id = $1 AND EXISTS (SELECT 1 FROM instance i WHERE i.instance_id = $1 AND i.desired)
        """;
    private const string Start = $"""
        SELECT s.last_sequence, s.last_active_at, {OwnershipRows.StatusColumns}, (SELECT c.sealed FROM credentials c WHERE c.instance_id = $1),
            EXISTS (SELECT 1 FROM outbox o WHERE o.instance_id = $1),
            EXISTS (SELECT 1 FROM message p WHERE p.instance_id = $1 AND p.from_me = 1 AND p.status IN (10, 11)),
            EXISTS (SELECT 1 FROM media f WHERE f.instance_id = $1 AND f.state IN (1, 3))
        FROM instance_status s WHERE s.instance_id = $1
        """;

    public static Ownership Claim(SqliteSession session, string instanceId, string owner, long now, DataSeal seal)
    {
        session.Execute(NoteMove, instanceId, owner, now);
        var epoch = session.First(Take, static row => row.GetInt64(0), instanceId, owner, now);
        if (epoch == 0)
            throw new InstanceGoneException(instanceId);
        session.Execute(Begin, instanceId);
        session.Execute("DELETE FROM ownership_move WHERE instance_id = $1 AND moved_at < $2", instanceId, now - OwnershipRows.KeepMovesFor);
        var moves = session.Query($"SELECT {OwnershipRows.MoveColumns} FROM ownership_move m WHERE m.instance_id = $1 AND NOT m.told ORDER BY m.epoch DESC LIMIT 20",
            row => OwnershipRows.ReadMove(row, instanceId, 0)!, instanceId);
        moves.Reverse();
        var definition = SqliteInstanceRegistry.Find(session, instanceId, seal)!;
        return session.First(Start, row => Read(row, epoch, definition, seal), instanceId)! with { Moves = moves };
    }

    private static Ownership Read(DbDataReader row, long epoch, InstanceDefinition definition, DataSeal seal)
    {
        return new Ownership(epoch, row.GetInt64(0), definition, OwnershipRows.ReadStatus(row, 2))
        {
            LastActiveAt = row.TimeOrNull(1),
            Credentials = row.BytesOrNull(12) is { } credentials ? seal.OpenCredentials(definition.InstanceId, credentials) : null,
            LeftOver = new LeftOver(row.GetBoolean(13), row.GetBoolean(14), row.GetBoolean(15)),
        };
    }

    public static void Release(SqliteSession session, string instanceId, long epoch, string reason, long now) => session.Execute(
        "UPDATE instance_lease SET owner = NULL, owner_since = NULL, left_at = $3, left_for = $4 WHERE instance_id = $1 AND epoch = $2", instanceId, epoch, now, reason);

    public static SqliteStatement Told(string instanceId, ToldMove move) =>
        new("UPDATE ownership_move SET told = 1, downtime_ms = $3 WHERE instance_id = $1 AND epoch = $2", [instanceId, move.Epoch, (long?)move.Downtime?.TotalMilliseconds]);
}
