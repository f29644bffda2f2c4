using System.Data.Common;
using WhatsApp.Grains.Storage.Rows;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>Files of messages on PostgreSQL.</summary>
internal sealed class PostgresMediaStore(PostgresDatabase database, DataSeal seal) : IMediaStore
{
    public async ValueTask<IReadOnlyList<MediaRow>> FindAsync(string instanceId, string messageId, CancellationToken cancellationToken) =>
        await database.QueryAsync($"SELECT {MediaRows.Columns} FROM media WHERE instance_id = $1 AND id = $2 ORDER BY created_at DESC LIMIT $3",
            Read, cancellationToken, instanceId, PostgresText.Key(messageId), MediaRows.MaxFound);

    public async ValueTask<IReadOnlyList<MediaRow>> FindDueAsync(string instanceId, long now, int limit, CancellationToken cancellationToken) =>
        await database.QueryAsync($"SELECT {MediaRows.Columns} FROM media WHERE instance_id = $1 AND state IN (1, 3) AND due_at <= $2 ORDER BY due_at LIMIT $3",
            Read, cancellationToken, instanceId, now, (long)limit);

    public ValueTask<long?> NextDueAsync(string instanceId, long now, CancellationToken cancellationToken) =>
        database.FirstAsync("SELECT MIN(due_at) FROM media WHERE instance_id = $1 AND state IN (1, 3) AND due_at > $2",
            static row => row.NumberOrNull(0), cancellationToken, instanceId, now);

    public async ValueTask<bool> ChangeAsync(string instanceId, MediaState from, MediaRow row, CancellationToken cancellationToken) =>
        await database.ExecuteAsync("""
            UPDATE media SET state = $6, attempts = $7, asks = $8, due_at = $9, failure = $10, object_key = $11, content_type = $12,
                stored_length = $13, stored_at = $14, expires_at = $15
            WHERE instance_id = $1 AND chat = $2 AND sender = $3 AND id = $4 AND state = $5
            """, cancellationToken,
            instanceId, PostgresText.Key(row.Media.Key.Chat.ToString()), PostgresText.Key(row.Media.Key.Sender.ToString()), PostgresText.Key(row.Media.Key.Id),
            (int)from, (int)row.State, row.Attempts, row.Asks, row.DueAt, row.Failure, row.ObjectKey, row.ContentType, row.StoredLength, row.StoredAt, row.ExpiresAt) > 0;

    public async ValueTask<IReadOnlyList<(string InstanceId, MediaRow Row)>> FindExpiredAsync(long now, int limit, CancellationToken cancellationToken) =>
        await database.QueryAsync($"SELECT {MediaRows.Columns} FROM media WHERE state = 2 AND expires_at <= $1 ORDER BY expires_at LIMIT $2",
            row => (MediaRows.InstanceOf(row), Read(row)), cancellationToken, now, (long)limit);

    public async ValueTask SetRetentionAsync(string instanceId, TimeSpan? kept, CancellationToken cancellationToken) =>
        await database.ExecuteAsync("UPDATE media SET expires_at = stored_at + $2::bigint WHERE instance_id = $1 AND state = 2",
            cancellationToken, instanceId, (long?)kept?.TotalMilliseconds);

    private MediaRow Read(DbDataReader row) => MediaRows.Read(row, seal);
}
