using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>Registers the PostgreSQL stores.</summary>
public static class PostgresStorageRegistration
{
    /// <summary>
    /// Adds <see cref="ISessionStore"/>, <see cref="IOutboxStore"/>, <see cref="IInstanceRegistry"/>, <see cref="IGatewayStore"/> and <see cref="IMediaStore"/> on one database.
    /// It is migrated before anything gets a store; call it before <c>UseOrleans</c>, so that a bad key or address stops the start first.
    /// </summary>
    public static IServiceCollection AddPostgresStorage(this IServiceCollection services, PostgresStorageOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(provider => PostgresStorage.Open(options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => provider.GetRequiredService<PostgresStorage>().Source);
        services.AddSingleton(provider => provider.GetRequiredService<PostgresStorage>().Sessions);
        services.AddSingleton(provider => provider.GetRequiredService<PostgresStorage>().Outbox);
        services.AddSingleton(provider => provider.GetRequiredService<PostgresStorage>().Instances);
        services.AddSingleton(provider => provider.GetRequiredService<PostgresStorage>().Gateway);
        services.AddSingleton(provider => provider.GetRequiredService<PostgresStorage>().Media);
        services.AddSingleton(provider => provider.GetRequiredService<PostgresStorage>().Cluster);
        services.AddHostedService<OpenAtStart>();
        services.AddSingleton<IIncomingGrainCallFilter, DatabaseOutage>();
        return services;
    }

    /// <summary>Asking for the storage is what opens it.</summary>
    private sealed class OpenAtStart(IServiceProvider provider) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken)
        {
            _ = provider.GetRequiredService<PostgresStorage>();
            return Task.CompletedTask;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
