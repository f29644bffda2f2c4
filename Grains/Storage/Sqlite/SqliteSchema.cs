using System.Globalization;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Brings the tables up to date: the embedded scripts <c>deploy/sql/sqlite/NNN-….sql</c>, each once, in order, all in one transaction.</summary>
internal static class SqliteSchema
{
    private const string Prefix = "sqlite/";

    /// <summary>Migrates, then runs <paramref name="prepare"/>; both or nothing.</summary>
    /// <exception cref="InvalidOperationException">The file was written by a newer version of this program.</exception>
    public static void Migrate(SqliteSession session, TimeProvider time, Action<SqliteSession> prepare)
    {
        var scripts = Scripts();
        session.Execute("BEGIN IMMEDIATE");
        try
        {
            session.Execute("CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)");
            var current = session.First("SELECT COALESCE(MAX(version), 0) FROM schema_version", static row => row.GetInt32(0));
            if (current > scripts[^1].Version)
                throw new InvalidOperationException($"the database has schema version {current}, this program knows {scripts[^1].Version}: start a newer version");
            foreach (var (version, name) in scripts.Where(script => script.Version > current))
            {
                session.Script(Read(name));
                session.Execute("INSERT INTO schema_version (version, name, applied_at) VALUES ($1, $2, $3)", version, name, time.GetUtcNow().ToUnixTimeMilliseconds());
            }
            prepare(session);
            session.Execute("COMMIT");
        }
        catch
        {
            if (session.InTransaction)
                session.Execute("ROLLBACK");
            throw;
        }
    }

    private static List<(int Version, string Name)> Scripts() =>
    [
        .. typeof(SqliteSchema).Assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(Prefix, StringComparison.Ordinal))
            .Select(name => (int.Parse(name.AsSpan(Prefix.Length, 3), NumberStyles.None, CultureInfo.InvariantCulture), name))
            .Order(),
    ];

    private static string Read(string name)
    {
        using var stream = typeof(SqliteSchema).Assembly.GetManifestResourceStream(name)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
