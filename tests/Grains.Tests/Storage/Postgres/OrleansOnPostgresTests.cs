using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Orleans.Hosting;
using WhatsApp.Silo.AdoNet;

namespace WhatsApp.Grains.Tests.Storage.Postgres;

public sealed class OrleansOnPostgresTests : OrleansStorageBehaviour, IAsyncLifetime
{
    private NpgsqlDataSource _source = null!;

    public async ValueTask InitializeAsync() => _source = NpgsqlDataSource.Create(await OnePostgres.CreateDatabaseAsync());

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    protected override void AddStorage(ISiloBuilder silo)
    {
        silo.Services.AddSingleton(_source);
        silo.AddPostgresOrleansStorage();
    }
}
