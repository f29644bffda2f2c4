using WhatsApp.Grains.Storage.Rows;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>Who owns what, on PostgreSQL.</summary>
internal sealed class PostgresClusterStore(PostgresDatabase database) : IClusterStore
{
    private const string Owners = """
        SELECT l.owner, COUNT(*)::integer, COUNT(*) FILTER (WHERE i.desired)::integer, COUNT(*) FILTER (WHERE s.status = 'open')::integer,
               COUNT(*) FILTER (WHERE s.status IN ('connecting', 'pairing', 'reconnecting'))::integer, MAX(l.epoch), COALESCE(SUM(o.rows), 0)::integer, MIN(o.oldest),
               MIN(l.left_at) FILTER (WHERE i.desired AND l.owner IS NULL)
        FROM instance i JOIN instance_status s ON s.instance_id = i.instance_id JOIN instance_lease l ON l.instance_id = i.instance_id
        LEFT JOIN (SELECT instance_id, COUNT(*) AS rows, MIN(created_at) AS oldest FROM outbox GROUP BY instance_id) o ON o.instance_id = i.instance_id
        GROUP BY l.owner ORDER BY l.owner
        """;
    private const string Waiting = """
        SELECT (SELECT COUNT(*)::integer FROM outbox o JOIN instance_lease l ON l.instance_id = o.instance_id WHERE l.owner = $1),
               (SELECT MIN(o.created_at) FROM outbox o JOIN instance_lease l ON l.instance_id = o.instance_id WHERE l.owner = $1),
               (SELECT COUNT(*)::integer FROM message m JOIN instance_lease l ON l.instance_id = m.instance_id WHERE l.owner = $1 AND m.from_me AND m.status IN (10, 11))
        """;

    public async ValueTask<OwnershipCounts> ReadAsync(int moves, CancellationToken cancellationToken)
    {
        var owners = await database.QueryAsync(Owners, static row => new OwnerCounts(row.TextOrNull(0), row.GetInt32(1), row.GetInt32(2), row.GetInt32(3), row.GetInt32(4),
            row.GetInt64(5), row.GetInt32(6), row.TimeOrNull(7), row.TimeOrNull(8)), cancellationToken);
        var leases = await database.QueryAsync("SELECT silo, (EXTRACT(EPOCH FROM lease_until) * 1000)::bigint - 15000 FROM silo_lease",
            static row => (Silo: row.GetString(0), At: row.Time(1)), cancellationToken);
        var moved = await database.QueryAsync(OwnershipRows.NewestMoves, OwnershipRows.ReadNewest, cancellationToken, (long)moves);
        return new OwnershipCounts(owners, leases.ToDictionary(lease => lease.Silo, lease => lease.At, StringComparer.Ordinal), moved);
    }

    public ValueTask<WaitingCounts> CountWaitingAsync(string owner, CancellationToken cancellationToken) =>
        database.FirstAsync(Waiting, static row => new WaitingCounts(row.GetInt32(0), row.TimeOrNull(1), row.GetInt32(2)), cancellationToken, owner);
}
