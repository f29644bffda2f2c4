using Microsoft.Data.Sqlite;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Claim, release and moves.</summary>
internal static class SqliteOwnership
{
    internal const string MoveColumns = "m.epoch, m.from_node, m.to_node, m.reason, m.moved_at, m.down_since";
    internal const long KeepMovesFor = 30L * 24 * 60 * 60 * 1000;

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

    public static Ownership Claim(SqliteSession session, string instanceId, string owner, long now, DataSeal seal)
    {
        session.Execute(NoteMove, instanceId, owner, now);
        var epoch = session.First(Take, static row => row.GetInt64(0), instanceId, owner, now);
        if (epoch == 0)
            throw new InstanceGoneException(instanceId);
        session.Execute("DELETE FROM ownership_move WHERE instance_id = $1 AND moved_at < $2", instanceId, now - KeepMovesFor);
        var (sequence, active) = session.First("SELECT last_sequence, last_active_at FROM instance_status WHERE instance_id = $1", static row => (row.GetInt64(0), row.TimeOrNull(1)), instanceId);
        var moves = session.Query($"SELECT {MoveColumns} FROM ownership_move m WHERE m.instance_id = $1 AND NOT m.told ORDER BY m.epoch DESC LIMIT 20",
            row => ReadMove(row, instanceId, 0), instanceId);
        moves.Reverse();
        return new Ownership(epoch, sequence, SqliteInstanceRegistry.Find(session, instanceId, seal)!) { Moves = moves, LastActiveAt = active };
    }

    public static void Release(SqliteSession session, string instanceId, long epoch, string reason, long now) => session.Execute(
        "UPDATE instance_lease SET owner = NULL, owner_since = NULL, left_at = $3, left_for = $4 WHERE instance_id = $1 AND epoch = $2", instanceId, epoch, now, reason);

    public static SqliteStatement Told(string instanceId, ToldMove move) =>
        new("UPDATE ownership_move SET told = 1, downtime_ms = $3 WHERE instance_id = $1 AND epoch = $2", [instanceId, move.Epoch, (long?)move.Downtime?.TotalMilliseconds]);

    /// <summary>A move from <see cref="MoveColumns"/>.</summary>
    public static OwnershipMove ReadMove(SqliteDataReader row, string instanceId, int column) => new(
        instanceId, row.GetInt64(column), row.GetString(column + 1), row.GetString(column + 2), row.GetString(column + 3), row.Time(column + 4), row.TimeOrNull(column + 5));
}
