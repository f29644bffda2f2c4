using Microsoft.Data.Sqlite;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Storage.Rows;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>API keys and idempotency answers on SQLite. Answers are sealed: one of them holds a new instance's token.</summary>
internal sealed class SqliteGatewayStore(SqliteDatabase database, DataSeal seal, TimeProvider time) : IGatewayStore
{
    private const int SweepSize = 200;

    public async ValueTask PutKeyAsync(string keyHash, ApiKeyInfo info, string name, CancellationToken cancellationToken)
    {
        var now = Now;
        await database.WriteAsync(session => session.Execute("""
            INSERT INTO api_key (key_hash, scopes, instance_id, name, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (key_hash) DO UPDATE SET scopes = excluded.scopes, instance_id = excluded.instance_id, name = excluded.name
            """, keyHash, string.Join(' ', info.Scopes), info.InstanceId, name, now), cancellationToken);
    }

    public async ValueTask DeleteOtherKeysAsync(string name, string keptHash, CancellationToken cancellationToken) =>
        await database.WriteAsync(session => session.Execute("DELETE FROM api_key WHERE name = $1 AND key_hash <> $2", name, keptHash), cancellationToken);

    public ValueTask<ApiKeyInfo?> FindKeyAsync(string keyHash, CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.First("SELECT scopes, instance_id FROM api_key WHERE key_hash = $1",
            static row => new ApiKeyInfo(row.GetString(0).Split(' ', StringSplitOptions.RemoveEmptyEntries), row.TextOrNull(1)), keyHash), cancellationToken);

    public ValueTask<bool> HasAdminKeyAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(session => session.Any("SELECT 1 FROM api_key WHERE ' ' || scopes || ' ' LIKE '% admin %' LIMIT 1"), cancellationToken);

    public async ValueTask DeleteKeysOfAsync(string instanceId, CancellationToken cancellationToken) =>
        await database.WriteAsync(session => session.Execute("DELETE FROM api_key WHERE instance_id = $1", instanceId), cancellationToken);

    public ValueTask<(string BodyHash, StoredAnswer? Answer)?> FindAnswerAsync(string key, CancellationToken cancellationToken)
    {
        var now = Now;
        return database.ReadAsync(session => session.First<(string, StoredAnswer?)?>(
            "SELECT body_hash, status, content_type, body, location FROM idempotency_answer WHERE answer_key = $1 AND expires_at > $2",
            row => (row.GetString(0), ReadAnswer(key, row)), key, now), cancellationToken);
    }

    public async ValueTask PutAnswerAsync(string key, string bodyHash, StoredAnswer? answer, DateTimeOffset expiresAt, CancellationToken cancellationToken)
    {
        var now = Now;
        var body = answer is null ? null : seal.SealAnswer(key, answer.Body);
        await database.WriteAsync(session =>
        {
            // Each new entry takes some expired ones away, so the table stays small without a job of its own.
            session.Execute("DELETE FROM idempotency_answer WHERE answer_key IN (SELECT answer_key FROM idempotency_answer WHERE expires_at <= $1 LIMIT $2)", now, (long)SweepSize);
            return session.Execute("""
                INSERT INTO idempotency_answer (answer_key, body_hash, status, content_type, body, location, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (answer_key) DO UPDATE SET body_hash = excluded.body_hash, status = excluded.status, content_type = excluded.content_type,
                    body = excluded.body, location = excluded.location, expires_at = excluded.expires_at
                """, key, bodyHash, (long?)answer?.Status, answer?.ContentType, body, answer?.Location, expiresAt.ToUnixTimeMilliseconds());
        }, cancellationToken);
    }

    public async ValueTask DeleteAnswerAsync(string key, CancellationToken cancellationToken) =>
        await database.WriteAsync(session => session.Execute("DELETE FROM idempotency_answer WHERE answer_key = $1", key), cancellationToken);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private StoredAnswer? ReadAnswer(string key, SqliteDataReader row) => row.NumberOrNull(1) is { } status
        ? new StoredAnswer((int)status, row.GetString(2), seal.OpenAnswer(key, row.Bytes(3)), row.TextOrNull(4)) : null;
}
