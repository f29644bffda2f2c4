using System.Data.Common;
using WhatsApp.Grains.Storage.Rows;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Files of messages on SQLite.</summary>
internal sealed class SqliteMediaStore(SqliteDatabase database, DataSeal seal) : IMediaStore
{
    public ValueTask<IReadOnlyList<MediaRow>> FindAsync(string instanceId, string messageId, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<MediaRow>>(session => session.Query(
            $"SELECT {MediaRows.Columns} FROM media WHERE instance_id = $1 AND id = $2 ORDER BY created_at DESC LIMIT $3", Read, instanceId, messageId, MediaRows.MaxFound), cancellationToken);

    public ValueTask<IReadOnlyList<MediaRow>> FindDueAsync(string instanceId, long now, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<MediaRow>>(session => session.Query(
            $"SELECT {MediaRows.Columns} FROM media WHERE instance_id = $1 AND state IN (1, 3) AND due_at <= $2 ORDER BY due_at LIMIT $3", Read, instanceId, now, (long)limit), cancellationToken);

    public ValueTask<long?> NextDueAsync(string instanceId, long now, CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.First(
            "SELECT MIN(due_at) FROM media WHERE instance_id = $1 AND state IN (1, 3) AND due_at > $2", static row => row.NumberOrNull(0), instanceId, now), cancellationToken);

    public async ValueTask<bool> ChangeAsync(string instanceId, MediaState from, MediaRow row, CancellationToken cancellationToken) =>
        await database.WriteAsync(session => session.Execute("""
            UPDATE media SET state = $6, attempts = $7, asks = $8, due_at = $9, failure = $10, object_key = $11, content_type = $12,
                stored_length = $13, stored_at = $14, expires_at = $15
            WHERE instance_id = $1 AND chat = $2 AND sender = $3 AND id = $4 AND state = $5
            """,
            instanceId, row.Media.Key.Chat.ToString(), row.Media.Key.Sender.ToString(), row.Media.Key.Id, (long)from, (long)row.State, (long)row.Attempts, (long)row.Asks,
            row.DueAt, row.Failure, row.ObjectKey, row.ContentType, row.StoredLength, row.StoredAt, row.ExpiresAt), cancellationToken) > 0;

    public ValueTask<IReadOnlyList<(string InstanceId, MediaRow Row)>> FindExpiredAsync(long now, int limit, CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyList<(string InstanceId, MediaRow Row)>>(session => session.Query(
            $"SELECT {MediaRows.Columns} FROM media WHERE state = 2 AND expires_at <= $1 ORDER BY expires_at LIMIT $2", row => (MediaRows.InstanceOf(row), Read(row)), now, (long)limit), cancellationToken);

    public async ValueTask SetRetentionAsync(string instanceId, TimeSpan? kept, CancellationToken cancellationToken) =>
        await database.WriteAsync(session => session.Execute(
            "UPDATE media SET expires_at = stored_at + $2 WHERE instance_id = $1 AND state = 2", instanceId, (long?)kept?.TotalMilliseconds), cancellationToken);

    private MediaRow Read(DbDataReader row) => MediaRows.Read(row, seal);
}
