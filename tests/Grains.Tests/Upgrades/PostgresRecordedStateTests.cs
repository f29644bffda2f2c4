using System.Text.Json.Nodes;
using Microsoft.Extensions.Time.Testing;
using Npgsql;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Grains.Tests.Storage;
using WhatsApp.Grains.Tests.Storage.Postgres;

namespace WhatsApp.Grains.Tests.Upgrades;

/// <summary>The database of a cluster.</summary>
public sealed class PostgresRecordedStateTests : RecordedStateTests
{
    private string _address = "";

    protected override string Database => "postgres";

    protected override async Task CreateAsync(int upTo)
    {
        _address = await OnePostgres.CreateDatabaseAsync() + ";Pooling=false";
        await RunAsync("CREATE TABLE schema_version (version integer NOT NULL PRIMARY KEY, name text NOT NULL, applied_at bigint NOT NULL)");
        foreach (var (number, sql) in Scripts(Database).Where(script => script.Number <= upTo))
        {
            await RunAsync(sql);
            await RunAsync("INSERT INTO schema_version (version, name, applied_at) VALUES ($1, 'script', 0)", number);
        }
    }

    protected override async Task InsertAsync(IReadOnlyDictionary<string, JsonArray> tables)
    {
        // Parents before children, whatever the names.
        await RunAsync(string.Join(";", tables.Keys.Select(table => $"DELETE FROM {table}")));
        foreach (var (table, rows) in tables.OrderBy(pair => pair.Key != "instance").ThenBy(pair => pair.Key, StringComparer.Ordinal))
            if (rows is [JsonObject first, ..])
            {
                var columns = string.Join(", ", first.Select(pair => pair.Key));
                await RunAsync($"INSERT INTO {table} ({columns}) SELECT {columns} FROM json_populate_recordset(NULL::{table}, $1::json)", rows.ToJsonString());
            }
    }

    protected override async Task<Dictionary<string, JsonArray>> DumpAsync()
    {
        var names = await TextAsync("SELECT string_agg(tablename, ' ' ORDER BY tablename) FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_version' AND tablename NOT LIKE 'orleans%'");
        var tables = new Dictionary<string, JsonArray>();
        foreach (var name in names.Split(' '))
            tables.Add(name, JsonNode.Parse(await TextAsync($"SELECT COALESCE(json_agg(t), '[]')::text FROM {name} t"))!.AsArray());
        return tables;
    }

    internal override OpenStores Open()
    {
        var storage = PostgresStorage.Open(new PostgresStorageOptions(_address, RecordedState.DataKey), new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_795_000_100)));
        return new OpenStores(storage.Sessions, storage.Outbox, storage.Instances, storage.Gateway, storage.Media, storage.Cluster, storage);
    }

    private async Task RunAsync(string sql, params object[] values)
    {
        await using var connection = new NpgsqlConnection(_address);
        await connection.OpenAsync();
        await using var command = Command(sql, connection);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync();
    }

    private async Task<string> TextAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(_address);
        await connection.OpenAsync();
        await using var command = Command(sql, connection);
        return (string)(await command.ExecuteScalarAsync())!;
    }

#pragma warning disable CA2100 // our own scripts and the recording
    private static NpgsqlCommand Command(string sql, NpgsqlConnection connection) => new(sql, connection);
#pragma warning restore CA2100
}
