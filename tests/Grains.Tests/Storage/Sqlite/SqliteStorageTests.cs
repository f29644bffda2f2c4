using WhatsApp.Grains.Storage.Sqlite;

namespace WhatsApp.Grains.Tests.Storage.Sqlite;

/// <summary>SQLite does what every storage must do.</summary>
public sealed class SqliteStorageTests : StorageBehaviour
{
    private readonly DataFolder _folder = new();

    protected override Task<OpenStores> OpenAsync()
    {
        var storage = SqliteStorage.Open(new SqliteStorageOptions(_folder.Path), Time);
        return Task.FromResult(new OpenStores(storage.Sessions, storage.Outbox, storage.Instances, storage.Gateway, storage.Media, storage.Cluster, storage));
    }

    protected override Task RemoveAsync()
    {
        _folder.Dispose();
        return Task.CompletedTask;
    }
}
