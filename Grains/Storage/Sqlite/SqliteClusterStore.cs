using WhatsApp.Grains.Storage.Rows;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Who owns what, on SQLite: one silo, no leases.</summary>
internal sealed class SqliteClusterStore(SqliteDatabase database) : IClusterStore
{
    private const string Owners = """
        SELECT l.owner, COUNT(*), COUNT(*) FILTER (WHERE i.desired), COUNT(*) FILTER (WHERE s.status = 'open'),
               COUNT(*) FILTER (WHERE s.status IN ('connecting', 'pairing', 'reconnecting')), MAX(l.epoch), COALESCE(SUM(o.rows), 0), MIN(o.oldest),
               MIN(l.left_at) FILTER (WHERE i.desired AND l.owner IS NULL)
        FROM instance i JOIN instance_status s ON s.instance_id = i.instance_id JOIN instance_lease l ON l.instance_id = i.instance_id
        LEFT JOIN (SELECT instance_id, COUNT(*) AS rows, MIN(created_at) AS oldest FROM outbox GROUP BY instance_id) o ON o.instance_id = i.instance_id
        GROUP BY l.owner ORDER BY l.owner IS NULL, l.owner
        """;
    private const string Waiting = """
        SELECT (SELECT COUNT(*) FROM outbox o JOIN instance_lease l ON l.instance_id = o.instance_id WHERE l.owner = $1),
               (SELECT MIN(o.created_at) FROM outbox o JOIN instance_lease l ON l.instance_id = o.instance_id WHERE l.owner = $1),
               (SELECT COUNT(*) FROM message m JOIN instance_lease l ON l.instance_id = m.instance_id WHERE l.owner = $1 AND m.from_me AND m.status IN (10, 11))
        """;

    public ValueTask<OwnershipCounts> ReadAsync(int moves, CancellationToken cancellationToken) => database.ScanAsync(session => new OwnershipCounts(
        session.Query(Owners, static row => new OwnerCounts(row.TextOrNull(0), row.GetInt32(1), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4),
            row.GetInt64(5), row.GetInt32(6), row.TimeOrNull(7), row.TimeOrNull(8))),
        new Dictionary<string, DateTimeOffset>(),
        session.Query(OwnershipRows.NewestMoves, OwnershipRows.ReadNewest, (long)moves)), cancellationToken);

    public ValueTask<WaitingCounts> CountWaitingAsync(string owner, CancellationToken cancellationToken) => database.ScanAsync(
        session => session.First(Waiting, static row => new WaitingCounts(row.GetInt32(0), row.TimeOrNull(1), row.GetInt32(2)), owner), cancellationToken);
}
