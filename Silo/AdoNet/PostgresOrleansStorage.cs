using Npgsql;
using Orleans.Configuration;

namespace WhatsApp.Silo.AdoNet;

/// <summary>Grain state and reminders on PostgreSQL, through Orleans' own AdoNet providers and our pool.</summary>
public static class PostgresOrleansStorage
{
    private const string Invariant = "Npgsql";

    /// <summary>Registers the grain storage "Default" and the reminder service; the pool must be registered. Their tables are made when the silo starts.</summary>
    public static ISiloBuilder AddPostgresOrleansStorage(this ISiloBuilder silo)
    {
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, Schema>();
        silo.Services.AddOptions<AdoNetGrainStorageOptions>(global::Orleans.Providers.ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)
            .Configure<NpgsqlDataSource>((options, source) => options.DataSource = source);
        silo.Services.AddOptions<AdoNetReminderTableOptions>().Configure<NpgsqlDataSource>((options, source) => options.DataSource = source);
        return silo
            .AddAdoNetGrainStorageAsDefault(options => options.Invariant = Invariant)
            .UseAdoNetReminderService(options => options.Invariant = Invariant);
    }

    /// <summary><c>deploy/sql/postgres/orleans.sql</c>, in one transaction, one silo at a time.</summary>
    private sealed class Schema(NpgsqlDataSource source) : ILifecycleParticipant<ISiloLifecycle>
    {
        private const long LockKey = 0x5741_4F52_4C45_414E; // "WAORLEAN"

        public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe<Schema>(ServiceLifecycleStage.First, ApplyAsync);

        private async Task ApplyAsync(CancellationToken cancellationToken)
        {
            await using var stream = typeof(Schema).Assembly.GetManifestResourceStream("postgres/orleans.sql")!;
            using var reader = new StreamReader(stream);
            var script = await reader.ReadToEndAsync(cancellationToken);
            await using var connection = await source.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            // The texts have parameters of Orleans' in them: not ours to bind.
            await using var command = new NpgsqlCommand($"SELECT pg_advisory_xact_lock({LockKey}); {script}", connection, transaction);
            await command.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
    }
}
