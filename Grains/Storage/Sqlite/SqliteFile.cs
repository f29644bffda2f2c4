using Microsoft.Data.Sqlite;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>
/// One database file and how every connection to it is set up. <c>synchronous</c>, <c>busy_timeout</c> and <c>foreign_keys</c> belong to
/// a connection, not to the file, so they run at every opening. The shared cache is never used: its table locks would undo WAL.
/// </summary>
public sealed class SqliteFile
{
    private readonly string _pragmas;

    /// <summary>Names the file; nothing is opened.</summary>
    /// <param name="path">Full path of the database.</param>
    /// <param name="synchronous">
    /// NORMAL: a killed process loses nothing, a power failure may lose the last commits before it (never the file's consistency).
    /// FULL or EXTRA: every commit waits for the disk.
    /// </param>
    /// <exception cref="ArgumentException">Another value of <paramref name="synchronous"/>.</exception>
    public SqliteFile(string path, string synchronous = "NORMAL")
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        Path = System.IO.Path.GetFullPath(path);
        Synchronous = synchronous.ToUpperInvariant();
        if (Synchronous is not ("NORMAL" or "FULL" or "EXTRA"))
            throw new ArgumentException("Storage:Synchronous must be NORMAL, FULL or EXTRA", nameof(synchronous));
        _pragmas = $"PRAGMA busy_timeout = 10000; PRAGMA synchronous = {Synchronous}; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;";
    }

    /// <summary>Full path.</summary>
    public string Path { get; }
    /// <summary>NORMAL, FULL or EXTRA.</summary>
    public string Synchronous { get; }

    /// <summary>Connection string, with or without the provider's pool.</summary>
    public string ConnectionString(bool pooling) => new SqliteConnectionStringBuilder
    {
        DataSource = Path,
        Mode = SqliteOpenMode.ReadWriteCreate,
        Cache = SqliteCacheMode.Private,
        Pooling = pooling,
    }.ToString();

    /// <summary>A closed connection that sets itself up when opened.</summary>
    public SqliteConnection CreateConnection(bool pooling) => new PreparedConnection(ConnectionString(pooling), _pragmas);

    /// <summary>Puts the file into WAL mode, for good. Makes the file if there is none.</summary>
    public void EnsureWriteAheadLog()
    {
        using var connection = CreateConnection(pooling: false);
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA journal_mode = WAL;";
        if (!string.Equals(command.ExecuteScalar() as string, "wal", StringComparison.OrdinalIgnoreCase))
            throw new InvalidOperationException($"{Path} cannot use a write-ahead log: the data folder must be on a local disk");
    }

    private sealed class PreparedConnection(string connectionString, string pragmas) : SqliteConnection(connectionString)
    {
        public override void Open()
        {
            base.Open();
            using var command = CreateCommand();
            command.CommandText = pragmas;
            command.ExecuteNonQuery();
        }
    }
}
