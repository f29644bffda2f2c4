using System.Globalization;
using Npgsql;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>
/// Brings the tables up to date: the embedded scripts <c>deploy/sql/postgres/NNN-….sql</c>, each once, in order, all in one transaction,
/// by whichever process comes first; the others wait at the lock. A database that is ahead is fine: changes are additive, so that old
/// and new version run side by side during an upgrade.
/// </summary>
internal static class PostgresSchema
{
    private const string Prefix = "postgres/";
    private const long LockKey = 0x5741_5343_4845_4D41; // "WASCHEMA"

    /// <summary>Migrates, then runs <paramref name="prepare"/>; both or nothing.</summary>
    public static void Migrate(NpgsqlDataSource source, TimeProvider time, Action<NpgsqlConnection> prepare)
    {
        using var connection = source.OpenConnection();
        using var transaction = connection.BeginTransaction();
        Execute(connection, "SELECT pg_advisory_xact_lock($1)", LockKey);
        Execute(connection, "CREATE TABLE IF NOT EXISTS schema_version (version integer NOT NULL PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)");
        var current = Current(connection);
        foreach (var (version, name) in Scripts().Where(script => script.Version > current))
        {
            Execute(connection, Read(name));
            Execute(connection, "INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)", version, name, time.GetUtcNow().ToUnixTimeMilliseconds());
        }
        prepare(connection);
        transaction.Commit();
        // Functions and types made just now are unknown to connections opened before.
        source.Clear();
    }

    private static int Current(NpgsqlConnection connection)
    {
        using var command = new NpgsqlCommand("SELECT COALESCE(MAX(version), 0) FROM schema_version", connection);
        return (int)command.ExecuteScalar()!;
    }

    private static void Execute(NpgsqlConnection connection, string sql, params object[] values)
    {
#pragma warning disable CA2100 // constants and our own embedded scripts
        using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        command.ExecuteNonQuery();
    }

    private static List<(int Version, string Name)> Scripts() =>
    [
        .. typeof(PostgresSchema).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => (int.Parse(name.AsSpan(Prefix.Length, 3), NumberStyles.None, CultureInfo.InvariantCulture), name))
            .Order(),
    ];

    private static string Read(string name)
    {
        using var stream = typeof(PostgresSchema).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
