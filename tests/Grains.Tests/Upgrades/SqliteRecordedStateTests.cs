using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Storage.Sqlite;
using WhatsApp.Grains.Tests.Storage;

namespace WhatsApp.Grains.Tests.Upgrades;

/// <summary>The file of an embedded service.</summary>
public sealed class SqliteRecordedStateTests : RecordedStateTests, IDisposable
{
    private const string Hex = "\\x";
    private DataFolder _folder = new();

    protected override string Database => "sqlite";

    public void Dispose() => _folder.Dispose();

    protected override async Task CreateAsync(int upTo)
    {
        _folder.Dispose();
        _folder = new DataFolder();
        Directory.CreateDirectory(_folder.Path);
        await using var connection = await ConnectAsync();
        await RunAsync(connection, "CREATE TABLE schema_version (version INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at INTEGER NOT NULL)");
        foreach (var (number, sql) in Scripts(Database).Where(script => script.Number <= upTo))
        {
            await RunAsync(connection, sql);
            await RunAsync(connection, "INSERT INTO schema_version (version, name, applied_at) VALUES ($1, 'script', 0)", (long)number);
        }
    }

    protected override async Task InsertAsync(IReadOnlyDictionary<string, JsonArray> tables)
    {
        await using var connection = await ConnectAsync();
        await RunAsync(connection, "PRAGMA foreign_keys = OFF");
        foreach (var (table, rows) in tables)
        {
            await RunAsync(connection, $"DELETE FROM {table}");
            foreach (var row in rows.Cast<JsonObject>())
            {
                var columns = row.Select(pair => pair.Key).ToArray();
                await RunAsync(connection, $"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({string.Join(", ", columns.Select((_, i) => $"${i + 1}"))})", [.. row.Select(pair => ValueOf(pair.Value))]);
            }
        }
    }

    protected override async Task<Dictionary<string, JsonArray>> DumpAsync()
    {
        await using var connection = await ConnectAsync();
        var tables = new Dictionary<string, JsonArray>();
        await using (var names = new SqliteCommand("SELECT name FROM sqlite_master WHERE type = 'table' AND name <> 'schema_version' AND name NOT LIKE 'Orleans%' AND name NOT LIKE 'sqlite%' ORDER BY name", connection))
        await using (var reader = await names.ExecuteReaderAsync())
            while (await reader.ReadAsync())
                tables.Add(reader.GetString(0), []);
        foreach (var (name, rows) in tables)
        {
#pragma warning disable CA2100 // names from the database itself
            await using var all = new SqliteCommand($"SELECT * FROM {name}", connection);
#pragma warning restore CA2100
            await using var reader = await all.ExecuteReaderAsync();
            while (await reader.ReadAsync())
                rows.Add((JsonNode)new JsonObject(Enumerable.Range(0, reader.FieldCount).Select(i => KeyValuePair.Create(reader.GetName(i), NodeOf(reader.GetValue(i))))));
        }
        return tables;
    }

    internal override OpenStores Open()
    {
        var storage = SqliteStorage.Open(new SqliteStorageOptions(_folder.Path, RecordedState.DataKey), new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_795_000_100)));
        return new OpenStores(storage.Sessions, storage.Outbox, storage.Instances, storage.Gateway, storage.Media, storage.Cluster, storage);
    }

    private async Task<SqliteConnection> ConnectAsync()
    {
        var connection = new SqliteConnection($"Data Source={_folder.File(SqliteStorageOptions.FileName)};Pooling=False");
        await connection.OpenAsync();
        return connection;
    }

    private static async Task RunAsync(SqliteConnection connection, string sql, params object[] values)
    {
#pragma warning disable CA2100 // our own scripts and the recording
        await using var command = new SqliteCommand(sql, connection);
#pragma warning restore CA2100
        for (var i = 0; i < values.Length; i++)
            command.Parameters.AddWithValue($"${i + 1}", values[i]);
        await command.ExecuteNonQueryAsync();
    }

    private static JsonNode? NodeOf(object value) => value switch
    {
        DBNull => null,
        byte[] bytes => Hex + Convert.ToHexStringLower(bytes),
        long number => number,
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    private static object ValueOf(JsonNode? node) => node is not JsonValue value ? DBNull.Value
        : value.TryGetValue<long>(out var number) ? number
        : value.GetValue<string>() is var text && text.StartsWith(Hex, StringComparison.Ordinal) ? Convert.FromHexString(text.AsSpan(Hex.Length)) : text;
}
