using Npgsql;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Servers;

[assembly: AssemblyFixture(typeof(WhatsApp.Grains.Tests.Storage.Postgres.OnePostgres))]

namespace WhatsApp.Grains.Tests.Storage.Postgres;

/// <summary>One PostgreSQL for all tests, started by the first that asks.</summary>
public sealed class OnePostgres : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> Server = new(() => PostgresServer.StartAsync());

    public static async Task<string> CreateDatabaseAsync() => await (await Server.Value).CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        if (Server.IsValueCreated)
            await (await Server.Value).DisposeAsync();
    }
}

/// <summary>A database for one test class, with all its tables: the order of its tests, which follows the folder the assembly lies in, must not matter.</summary>
public sealed class PostgresDatabaseFixture : IAsyncLifetime
{
    // Whatever tables there are, the next migration's too; the schema, the key and the floor's one row stay.
    private const string EmptyAll = """
        DO $$ DECLARE name text; BEGIN
            FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename NOT IN ('schema_version', 'epoch_floor', 'data_key_check') LOOP
                EXECUTE format('DELETE FROM %I', name);
            END LOOP;
            UPDATE epoch_floor SET epoch = 0;
        END $$
        """;

    private string _database = "";

    public PostgresStorageOptions Options => new(PostgresAddress.Parse(_database), new string('a', 64));

    public async ValueTask InitializeAsync()
    {
        _database = await OnePostgres.CreateDatabaseAsync();
        await PostgresStorage.Open(Options, TimeProvider.System).DisposeAsync();
    }

    public async Task EmptyAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(EmptyAll, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(_database + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
