using Orleans.Hosting;
using WhatsApp.Grains.Storage.Sqlite;
using WhatsApp.Silo.AdoNet;

namespace WhatsApp.Grains.Tests.Storage.Sqlite;

public sealed class OrleansOnSqliteTests : OrleansStorageBehaviour, IDisposable
{
    private readonly DataFolder _folder = new();

    public OrleansOnSqliteTests() => Directory.CreateDirectory(_folder.Path);

    public void Dispose() => _folder.Dispose();

    protected override void AddStorage(ISiloBuilder silo) => silo.AddSqliteOrleansStorage(_folder.File(SqliteStorageOptions.FileName));

    [Fact]
    public async Task Writers_at_once_beside_our_own_writer_all_get_through() => await InSiloAsync(async (_, grains) =>
    {
        await using var storage = SqliteStorage.Open(new SqliteStorageOptions(_folder.Path), TimeProvider.System);
        var ours = Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            storage.Gateway.PutKeyAsync($"h{i}", new(["read"], null), "key", default).AsTask()));
        await Task.WhenAll(Enumerable.Range(0, 50).Select(async i =>
        {
            await grains.GetGrain<INoteGrain>($"g{i}").WriteAsync("one");
            await grains.GetGrain<INoteGrain>($"g{i}").WriteAsync("two");
        }));
        await ours;
        Assert.Equal(("two", true, "2"), await grains.GetGrain<INoteGrain>("g49").ReadAsync());
        Assert.NotNull(await storage.Gateway.FindKeyAsync("h99", default));
    });
}
