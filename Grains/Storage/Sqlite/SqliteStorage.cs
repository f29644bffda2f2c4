using WhatsApp.Grains.Storage.Exports;
using WhatsApp.Grains.Storage.Rows;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Where the embedded database lives and how it is kept.</summary>
/// <param name="DataDirectory">Folder of <c>whatsapp.db</c> and <c>data.key</c>; made when missing, for its owner only.</param>
/// <param name="DataKey">32 bytes in base64 or hex (<c>DATA_KEY</c>), or null for the key file.</param>
/// <param name="Synchronous"><c>Storage:Synchronous</c>: NORMAL (a killed process loses nothing; a power failure may lose the last commits), FULL or EXTRA.</param>
public sealed record SqliteStorageOptions(string DataDirectory, string? DataKey = null, string Synchronous = "NORMAL")
{
    /// <summary>Name of the database file.</summary>
    public const string FileName = "whatsapp.db";
    /// <summary>Full path of the database file.</summary>
    public string DatabasePath => Path.GetFullPath(Path.Combine(DataDirectory, FileName));
}

/// <summary>The four stores on one SQLite file, open and up to date.</summary>
public sealed class SqliteStorage : IAsyncDisposable, IDisposable
{
    private readonly SqliteDatabase _database;

    private SqliteStorage(SqliteDatabase database, DataSeal seal, byte[] linkKey, TimeProvider time)
    {
        _database = database;
        Sessions = new SqliteSessionStore(database, seal, time);
        Outbox = new SqliteOutboxStore(database, seal, time);
        Instances = new SqliteInstanceRegistry(database, seal);
        Gateway = new SqliteGatewayStore(database, seal, time);
        Media = new SqliteMediaStore(database, seal);
        Archive = new SqliteArchive(database, seal);
        Cluster = new SqliteClusterStore(database);
        LinkKey = linkKey;
    }

    /// <summary>Session data.</summary>
    public ISessionStore Sessions { get; }
    /// <summary>Event queue.</summary>
    public IOutboxStore Outbox { get; }
    /// <summary>Instances.</summary>
    public IInstanceRegistry Instances { get; }
    /// <summary>API keys and idempotency answers.</summary>
    public IGatewayStore Gateway { get; }
    /// <summary>Files of messages.</summary>
    public IMediaStore Media { get; }
    /// <summary>Takes instances out and in.</summary>
    public InstanceArchive Archive { get; }
    /// <summary>Who owns what.</summary>
    public IClusterStore Cluster { get; }
    /// <summary>Signs links; 32 bytes derived from the data key.</summary>
    public byte[] LinkKey { get; }

    /// <summary>Opens the file, migrates it and proves the data key. Answers when everything is ready.</summary>
    /// <exception cref="DataKeyException">Malformed, missing or wrong key.</exception>
    public static SqliteStorage Open(SqliteStorageOptions options, TimeProvider time)
    {
        var configured = string.IsNullOrWhiteSpace(options.DataKey) ? null : DataKey.Parse(options.DataKey);
        DataKey.EnsureDirectory(options.DataDirectory);
        (DataSeal Seal, byte[] Key)? proven = null;
        var database = SqliteDatabase.Open(new SqliteFile(options.DatabasePath, options.Synchronous), time, session => proven = ProveKey(session, options, configured));
        return new SqliteStorage(database, proven!.Value.Seal, DataKey.ForLinks(proven.Value.Key), time);
    }

    /// <summary>Commits what is queued and closes the file.</summary>
    public ValueTask DisposeAsync() => _database.DisposeAsync();

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => _database.Dispose();

    private static (DataSeal Seal, byte[] Key) ProveKey(SqliteSession session, SqliteStorageOptions options, byte[]? configured)
    {
        var check = session.First("SELECT sealed FROM data_key_check WHERE id = 1", static row => row.Bytes(0));
        var key = configured ?? DataKey.ReadFile(options.DataDirectory);
        if (check is null)
        {
            key ??= DataKey.CreateFile(options.DataDirectory);
            var first = new DataSeal(new SecretBox(key));
            session.Execute("INSERT INTO data_key_check (id, sealed) VALUES (1, $1)", first.SealCheck());
            return (first, key);
        }
        if (key is null)
            throw new DataKeyException($"{options.DatabasePath} is sealed, but there is no key: set DATA_KEY or bring back {Path.Combine(options.DataDirectory, DataKey.FileName)}");
        var seal = new DataSeal(new SecretBox(key));
        return seal.Matches(check) ? (seal, key)
            : throw new DataKeyException($"{options.DatabasePath} was sealed under another data key: set the DATA_KEY (or bring back the {DataKey.FileName}) it was made with");
    }
}
