using Orleans.Configuration;
using WhatsApp.Grains.Storage.Sqlite;

namespace WhatsApp.Silo.AdoNet;

/// <summary>Grain state and reminders on SQLite, through Orleans' own AdoNet providers.</summary>
public static class SqliteOrleansStorageExtensions
{
    // Orleans' name for the provider; it loads Microsoft.Data.Sqlite, and refuses that name itself.
    private const string Invariant = "System.Data.SQLite";

    /// <summary>Registers the grain storage "Default" and the reminder service on one SQLite file, whose tables are made when the silo starts.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="path">Full path of the database; may be the one of <see cref="SqliteStorageOptions.DatabasePath"/>.</param>
    /// <param name="synchronous">See <see cref="SqliteFile"/>.</param>
    public static ISiloBuilder AddSqliteOrleansStorage(this ISiloBuilder silo, string path, string synchronous = "NORMAL")
    {
        var file = new SqliteFile(path, synchronous);
        silo.Services.AddSingleton(_ => new SqliteDataSource(file));
        silo.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(_ => new SqliteOrleansSchema(file));
        silo.Services.AddOptions<AdoNetGrainStorageOptions>(global::Orleans.Providers.ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME)
            .Configure<SqliteDataSource>((options, source) => options.DataSource = source);
        silo.Services.AddOptions<AdoNetReminderTableOptions>().Configure<SqliteDataSource>((options, source) => options.DataSource = source);
        return silo
            .AddAdoNetGrainStorageAsDefault(options => options.Invariant = Invariant)
            .UseAdoNetReminderService(options => options.Invariant = Invariant);
    }
}
