using Npgsql;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Storage.Rows;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>API keys and idempotency answers on PostgreSQL. Answers are sealed: one of them holds a new instance's token.</summary>
internal sealed class PostgresGatewayStore(PostgresDatabase database, DataSeal seal, TimeProvider time) : IGatewayStore
{
    private const int SweepSize = 200;

    public async ValueTask PutKeyAsync(string keyHash, ApiKeyInfo info, string name, CancellationToken cancellationToken) =>
        await database.ExecuteAsync("""
            INSERT INTO api_key (key_hash, scopes, instance_id, name, created_at) VALUES ($1, $2, $3, $4, $5)
            ON CONFLICT (key_hash) DO UPDATE SET scopes = excluded.scopes, instance_id = excluded.instance_id, name = excluded.name
            """, cancellationToken, keyHash, string.Join(' ', info.Scopes), info.InstanceId, name, Now);

    public async ValueTask DeleteOtherKeysAsync(string name, string keptHash, CancellationToken cancellationToken) =>
        await database.ExecuteAsync("DELETE FROM api_key WHERE name = $1 AND key_hash <> $2", cancellationToken, name, keptHash);

    public ValueTask<ApiKeyInfo?> FindKeyAsync(string keyHash, CancellationToken cancellationToken) =>
        database.FirstAsync("SELECT scopes, instance_id FROM api_key WHERE key_hash = $1",
            static row => new ApiKeyInfo(row.GetString(0).Split(' ', StringSplitOptions.RemoveEmptyEntries), row.TextOrNull(1)), cancellationToken, keyHash);

    public ValueTask<bool> HasAdminKeyAsync(CancellationToken cancellationToken) =>
        database.AnyAsync("SELECT 1 FROM api_key WHERE ' ' || scopes || ' ' LIKE '% admin %' LIMIT 1", cancellationToken);

    public async ValueTask DeleteKeysOfAsync(string instanceId, CancellationToken cancellationToken) =>
        await database.ExecuteAsync("DELETE FROM api_key WHERE instance_id = $1", cancellationToken, instanceId);

    public ValueTask<(string BodyHash, StoredAnswer? Answer)?> FindAnswerAsync(string key, CancellationToken cancellationToken) =>
        database.FirstAsync<(string, StoredAnswer?)?>(
            "SELECT body_hash, status, content_type, body, location FROM idempotency_answer WHERE answer_key = $1 AND expires_at > $2",
            row => (row.GetString(0), ReadAnswer(key, row)), cancellationToken, key, Now);

    public async ValueTask PutAnswerAsync(string key, string bodyHash, StoredAnswer? answer, DateTimeOffset expiresAt, CancellationToken cancellationToken) =>
        // Each new entry takes some expired ones away, so the table stays small without a job of its own. What another does at this moment is left to it.
        await database.WriteAsync(
        [
            new("""
                DELETE FROM idempotency_answer WHERE answer_key IN (
                    SELECT answer_key FROM idempotency_answer WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)
                """, [Now, (long)SweepSize]),
            new("""
                INSERT INTO idempotency_answer (answer_key, body_hash, status, content_type, body, location, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
                ON CONFLICT (answer_key) DO UPDATE SET body_hash = excluded.body_hash, status = excluded.status, content_type = excluded.content_type,
                    body = excluded.body, location = excluded.location, expires_at = excluded.expires_at
                """,
                [
                    key, bodyHash, answer?.Status, answer?.ContentType, answer is null ? null : seal.SealAnswer(key, answer.Body), answer?.Location,
                    expiresAt.ToUnixTimeMilliseconds(),
                ]),
        ], cancellationToken);

    public async ValueTask DeleteAnswerAsync(string key, CancellationToken cancellationToken) =>
        await database.ExecuteAsync("DELETE FROM idempotency_answer WHERE answer_key = $1", cancellationToken, key);

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private StoredAnswer? ReadAnswer(string key, NpgsqlDataReader row) =>
        row.IsDBNull(1) ? null : new StoredAnswer((int)row.GetInt64(1), row.GetString(2), seal.OpenAnswer(key, row.Bytes(3)), row.TextOrNull(4));
}
