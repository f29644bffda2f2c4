using WhatsApp.Grains.Storage.Postgres;

namespace WhatsApp.Grains.Tests.Storage.Postgres;

/// <summary>PostgreSQL does what every storage must do.</summary>
public sealed class PostgresStorageTests(PostgresDatabaseFixture database) : StorageBehaviour, IClassFixture<PostgresDatabaseFixture>
{
    protected override Task<OpenStores> OpenAsync()
    {
        var storage = PostgresStorage.Open(database.Options, Time);
        return Task.FromResult(new OpenStores(storage.Sessions, storage.Outbox, storage.Instances, storage.Gateway, storage.Media, storage.Cluster, storage));
    }

    protected override Task RemoveAsync() => database.EmptyAsync();
}
