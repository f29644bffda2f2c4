using Npgsql;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Storage.Exports;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>The cluster's database.</summary>
/// <param name="ConnectionString">As <see cref="PostgresAddress"/> gives it.</param>
/// <param name="DataKey">32 bytes in base64 or hex (<c>DATA_KEY</c>): the same in every process.</param>
public sealed record PostgresStorageOptions(string ConnectionString, string DataKey)
{
    /// <summary>How long an unreachable database is asked again before the start fails: both may be starting together.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(30);
}

/// <summary>The stores on one PostgreSQL database, open and up to date.</summary>
public sealed class PostgresStorage : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(500);

    private PostgresStorage(NpgsqlDataSource source, DataSeal seal, byte[] linkKey, TimeProvider time)
    {
        Source = source;
        var database = new PostgresDatabase(source);
        Sessions = new PostgresSessionStore(database, seal, time);
        Outbox = new PostgresOutboxStore(database, seal, time);
        Instances = new PostgresInstanceRegistry(database, seal);
        Gateway = new PostgresGatewayStore(database, seal, time);
        Media = new PostgresMediaStore(database, seal);
        Archive = new PostgresArchive(source, seal);
        Cluster = new PostgresClusterStore(database);
        LinkKey = linkKey;
    }

    /// <summary>The pool, for Orleans' own tables and the grain directory.</summary>
    public NpgsqlDataSource Source { get; }
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

    /// <summary>Connects, migrates and proves the data key. Answers when everything is ready.</summary>
    /// <exception cref="DataKeyException">Malformed or wrong key.</exception>
    /// <exception cref="BadConfigurationException">The database cannot be reached or used.</exception>
    public static PostgresStorage Open(PostgresStorageOptions options, TimeProvider time)
    {
        var key = DataKey.Parse(options.DataKey);
        var seal = new DataSeal(new SecretBox(key));
        var source = new NpgsqlDataSourceBuilder(options.ConnectionString).Build();
        try
        {
            MigratePatiently(source, options, time, connection => ProveKey(connection, seal));
            return new PostgresStorage(source, seal, DataKey.ForLinks(key), time);
        }
        catch
        {
            source.Dispose();
            throw;
        }
    }

    /// <summary>Closes the connections.</summary>
    public ValueTask DisposeAsync() => Source.DisposeAsync();

    /// <inheritdoc cref="DisposeAsync"/>
    public void Dispose() => Source.Dispose();

    private static void MigratePatiently(NpgsqlDataSource source, PostgresStorageOptions options, TimeProvider time, Action<NpgsqlConnection> prepare)
    {
        var end = time.GetTimestamp() + (long)(options.Patience.TotalSeconds * time.TimestampFrequency);
        while (true)
        {
            try
            {
                PostgresSchema.Migrate(source, time, prepare);
                return;
            }
            catch (NpgsqlException error) when (error.IsTransient && time.GetTimestamp() < end)
            {
                using var pause = new ManualResetEventSlim();
                pause.Wait(BetweenTries);
            }
            catch (NpgsqlException error)
            {
                var builder = new NpgsqlConnectionStringBuilder(options.ConnectionString);
                throw new BadConfigurationException($"POSTGRES {builder.Host}:{builder.Port}/{builder.Database} cannot be used: {error.Message.ReplaceLineEndings(" ")}", error);
            }
        }
    }

    private static void ProveKey(NpgsqlConnection connection, DataSeal seal)
    {
        using var find = new NpgsqlCommand("SELECT sealed FROM data_key_check WHERE id = 1", connection);
        if (find.ExecuteScalar() is not byte[] check)
        {
            using var insert = new NpgsqlCommand("INSERT INTO data_key_check (id, sealed) VALUES (1, $1)", connection);
            insert.Parameters.Add(new NpgsqlParameter { Value = seal.SealCheck() });
            insert.ExecuteNonQuery();
        }
        else if (!seal.Matches(check))
        {
            throw new DataKeyException("the database was sealed under another data key: set the DATA_KEY it was made with");
        }
    }
}
