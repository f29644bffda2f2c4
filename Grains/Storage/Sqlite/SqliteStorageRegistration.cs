using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Registers the SQLite stores.</summary>
public static class SqliteStorageRegistration
{
    /// <summary>
    /// Adds <see cref="ISessionStore"/>, <see cref="IOutboxStore"/>, <see cref="IInstanceRegistry"/> and <see cref="IGatewayStore"/> on one SQLite file.
    /// The file is opened and migrated before anything gets a store; call it before <c>UseOrleans</c>, so that a bad key or folder stops the start first.
    /// </summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, string dataDir, string? dataKey = null, string synchronous = "NORMAL") =>
        services.AddSqliteStorage(new SqliteStorageOptions(dataDir, dataKey, synchronous));

    /// <summary>As above, from options.</summary>
    public static IServiceCollection AddSqliteStorage(this IServiceCollection services, SqliteStorageOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => SqliteStorage.Open(options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Sessions);
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Outbox);
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Instances);
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Gateway);
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Media);
        services.AddSingleton(provider => provider.GetRequiredService<SqliteStorage>().Cluster);
        services.AddHostedService<OpenAtStart>();
        return services;
    }

    /// <summary>Asking for the storage is what opens it.</summary>
    private sealed class OpenAtStart(IServiceProvider provider) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = provider.GetRequiredService<SqliteStorage>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
