using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Exports;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Grains.Storage.Sqlite;
using WhatsApp.Grains.Tests.Storage.Postgres;
using WhatsApp.Grains.Tests.Upgrades;
using WhatsApp.Protocol.Store;
using static WhatsApp.Grains.Tests.Upgrades.RecordedFill;

namespace WhatsApp.Grains.Tests.Storage.Exports;

/// <summary>Instances carried from one store to another: all of it or nothing, and never at home in two places.</summary>
public sealed class InstanceArchiveTests : IDisposable
{
    private const string Passphrase = "a long enough passphrase";
    private const string TokenHash = "hash-of-anas-token";
    private static readonly FakeTimeProvider Time = new(DateTimeOffset.FromUnixTimeSeconds(1_795_000_100));

    // Of no instance: not carried.
    private static readonly string[] NotOfAnInstance = ["data_key_check", "epoch_floor", "idempotency_answer", "schema_version"];

    private readonly DataFolder _home = new();
    private readonly DataFolder _elsewhere = new();
    private readonly DataFolder _files = new();

    public InstanceArchiveTests() => Directory.CreateDirectory(_files.Path);

    public void Dispose()
    {
        _home.Dispose();
        _elsewhere.Dispose();
        _files.Dispose();
    }

    private static SqliteStorage OpenSqlite(DataFolder folder) => SqliteStorage.Open(new SqliteStorageOptions(folder.Path), Time);

    private static async Task<PostgresStorage> OpenPostgresAsync() =>
        PostgresStorage.Open(new PostgresStorageOptions(PostgresAddress.Parse(await OnePostgres.CreateDatabaseAsync()), new string('a', 64)), Time);

    private static OpenStores Stores(SqliteStorage storage) => new(storage.Sessions, storage.Outbox, storage.Instances, storage.Gateway, storage.Media, storage.Cluster, storage);

    private static OpenStores Stores(PostgresStorage storage) => new(storage.Sessions, storage.Outbox, storage.Instances, storage.Gateway, storage.Media, storage.Cluster, storage);

    private async Task<SqliteStorage> FilledAsync()
    {
        var storage = OpenSqlite(_home);
        await RunAsync(Stores(storage));
        await storage.Gateway.PutKeyAsync(TokenHash, new ApiKeyInfo(["send"], Ana), "instance ana", default);
        return storage;
    }

    // Everything of the instance but what is the gateway's own or says who owns it.
    private static async Task<string> ContentAsync(OpenStores stores)
    {
        await stores.Outbox.BeginAsync(Ana, default);
        var all = await RecordedReads.RunAsync(stores);
        foreach (var own in new[] { "status", "key", "answer" })
            all.Remove(own);
        all["token"] = JsonValue.Create(string.Join(' ', (await stores.Gateway.FindKeyAsync(TokenHash, default))?.Scopes ?? []));
        return all.ToJsonString();
    }

    [Fact]
    public async Task Everything_of_an_instance_arrives_under_another_key_in_another_database_and_comes_back()
    {
        await using var home = await FilledAsync();
        await using var cluster = await OpenPostgresAsync();
        await using var back = OpenSqlite(_elsewhere);
        var content = await ContentAsync(Stores(home));
        var rows = Rows(_home);

        Assert.Equal([Ana], home.Archive.Export(_files.File("1"), Passphrase, [], keep: false));
        Assert.Equal([Ana], cluster.Archive.Import(_files.File("1"), Passphrase, []));
        Assert.Equal(content, await ContentAsync(Stores(cluster)));
        var status = (await cluster.Instances.FindSummaryAsync(Ana, default))!;
        Assert.Equal(("reconnecting", null, "Ana"), (status.Status, status.Node, status.PushName));
        Assert.Equal([(Ana, null)], await cluster.Instances.ListDesiredAsync(default));

        Assert.Equal([Ana], cluster.Archive.Export(_files.File("2"), Passphrase, [Ana], keep: false));
        Assert.Equal([Ana], back.Archive.Import(_files.File("2"), Passphrase, [Ana]));
        Assert.Equal(content, await ContentAsync(Stores(back)));
        Assert.Equal(rows, Rows(_elsewhere));
        Assert.All(rows, table => Assert.True(table.Value > 0, $"{table.Key} is empty: this proves nothing about it"));
    }

    [Fact]
    public async Task Every_table_is_carried_or_known_to_be_of_no_instance()
    {
        await using var storage = OpenSqlite(_home);
        var tables = Query(_home, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE 'Orleans%' ORDER BY name");
        var ofInstances = Rows(_home).Keys;

        Assert.Empty(tables.Except(ofInstances).Except(PortableTables.Local).Except(NotOfAnInstance));
    }

    [Theory]
    [InlineData("ALTER TABLE pre_key ADD COLUMN extra BLOB", "pre_key.extra")]
    [InlineData("CREATE TABLE letter (instance_id TEXT, secret BLOB)", "letter.secret")]
    public async Task Bytes_that_nobody_has_named_are_not_exported_unsealed(string change, string named)
    {
        await using var home = await FilledAsync();
        Query(_home, change);

        Assert.Contains(named, Assert.Throws<InvalidOperationException>(() => home.Archive.Export(_files.File("1"), Passphrase, [], keep: false)).Message, StringComparison.Ordinal);

        Assert.False(File.Exists(_files.File("1")));
        Assert.Equal("open", (await home.Instances.FindSummaryAsync(Ana, default))!.Status);
    }

    [Fact]
    public async Task What_was_exported_is_fenced_and_does_not_start_again_at_home()
    {
        await using var home = await FilledAsync();
        var owner = await home.Sessions.ClaimAsync(Ana, "silo-1", default);

        home.Archive.Export(_files.File("1"), Passphrase, [], keep: false);

        await Assert.ThrowsAsync<FencedException>(async () => await home.Sessions.CommitAsync(Ana, owner.Epoch, new SessionBatch(new DeviceBatch(), [], 9), default));
        Assert.Empty(await home.Instances.ListDesiredAsync(default));
        Assert.Equal(InstanceArchive.Exported, (await home.Instances.FindSummaryAsync(Ana, default))!.Status);
        Assert.Contains("exported already", Assert.Throws<ExportException>(() => home.Archive.Export(_files.File("2"), Passphrase, [Ana], keep: false)).Message, StringComparison.Ordinal);
        Assert.Empty(home.Archive.Export(_files.File("3"), Passphrase, [], keep: false));
    }

    [Fact]
    public async Task Its_owner_in_a_running_cluster_is_fenced_too()
    {
        await using var home = await FilledAsync();
        await using var cluster = await OpenPostgresAsync();
        home.Archive.Export(_files.File("1"), Passphrase, [], keep: false);
        cluster.Archive.Import(_files.File("1"), Passphrase, []);
        var owner = await cluster.Sessions.ClaimAsync(Ana, "silo-1", default);

        cluster.Archive.Export(_files.File("2"), Passphrase, [], keep: false);

        await Assert.ThrowsAsync<FencedException>(async () => await cluster.Sessions.CommitAsync(Ana, owner.Epoch, new SessionBatch(new DeviceBatch(), [], 9), default));
        Assert.Empty(await cluster.Instances.ListDesiredAsync(default));
    }

    [Fact]
    public async Task It_may_come_back_to_where_it_was_and_old_owners_stay_fenced()
    {
        await using var home = await FilledAsync();
        var content = await ContentAsync(Stores(home));
        home.Archive.Export(_files.File("1"), Passphrase, [], keep: false);
        var asked = await home.Sessions.ClaimAsync(Ana, "silo-1", default);

        home.Archive.Import(_files.File("1"), Passphrase, []);

        await Assert.ThrowsAsync<FencedException>(async () => await home.Sessions.CommitAsync(Ana, asked.Epoch, new SessionBatch(new DeviceBatch(), [], 9), default));
        Assert.Equal(content, await ContentAsync(Stores(home)));
        Assert.Equal([(Ana, null)], await home.Instances.ListDesiredAsync(default));
    }

    [Fact]
    public async Task A_copy_that_is_kept_changes_nothing_at_home()
    {
        await using var home = await FilledAsync();
        var owner = await home.Sessions.ClaimAsync(Ana, "silo-1", default);

        home.Archive.Export(_files.File("1"), Passphrase, [], keep: true);

        await home.Sessions.CommitAsync(Ana, owner.Epoch, new SessionBatch(new DeviceBatch(), [], 9), default);
        Assert.Equal("reconnecting", (await home.Instances.FindSummaryAsync(Ana, default))!.Status);
        Assert.Equal("there is an instance ana here already: delete it first, or leave it out with --instance",
            Assert.Throws<ExportException>(() => home.Archive.Import(_files.File("1"), Passphrase, [])).Message);
    }

    [Fact]
    public async Task Only_what_is_named_is_carried()
    {
        await using var home = await FilledAsync();
        await using var away = OpenSqlite(_elsewhere);
        foreach (var id in new[] { "bia", "caio" })
            await home.Instances.TryCreateAsync(new InstanceDefinition(id, new CreateInstance(), true, Time.GetUtcNow()), default);

        Assert.Equal([Ana, "caio"], home.Archive.Export(_files.File("1"), Passphrase, ["caio", Ana], keep: false));
        Assert.Equal(["caio"], away.Archive.Import(_files.File("1"), Passphrase, ["caio"]));

        Assert.Equal([("bia", null)], await home.Instances.ListDesiredAsync(default));
        Assert.Equal([("caio", null)], await away.Instances.ListDesiredAsync(default));
        Assert.Equal("created", (await away.Instances.FindSummaryAsync("caio", default))!.Status);
        Assert.Contains("no instance dora", Assert.Throws<ExportException>(() => away.Archive.Import(_files.File("1"), Passphrase, ["dora"])).Message, StringComparison.Ordinal);
        Assert.Contains("no instance dora", Assert.Throws<ExportException>(() => home.Archive.Export(_files.File("2"), Passphrase, ["dora"], keep: false)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_file_brings_in_nothing()
    {
        await using var home = await FilledAsync();
        await home.Instances.TryCreateAsync(new InstanceDefinition("bia", new CreateInstance(), true, Time.GetUtcNow()), default);
        // More than one chunk, so that the first of them is whole.
        var epoch = (await home.Sessions.ClaimAsync("bia", "silo-1", default)).Epoch;
        await home.Sessions.CommitAsync("bia", epoch, new SessionBatch(new DeviceBatch(), [new OutboxRow("w", 1, "evt", "message.received", new byte[200_000], 0)], 1), default);
        home.Archive.Export(_files.File("1"), Passphrase, [], keep: false);
        await using var cluster = await OpenPostgresAsync();
        var file = await File.ReadAllBytesAsync(_files.File("1"));
        await File.WriteAllBytesAsync(_files.File("cut"), file[..^30_000]);
        file[^5] ^= 1;
        await File.WriteAllBytesAsync(_files.File("changed"), file);

        Assert.Equal("the passphrase is wrong", Refused("1", "another passphrase"));
        Assert.Contains("damaged", Refused("cut", Passphrase), StringComparison.Ordinal);
        Assert.Contains("damaged", Refused("changed", Passphrase), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Refused("missing", Passphrase), StringComparison.Ordinal);
        Assert.Contains("at least 12", Refused("1", "short"), StringComparison.Ordinal);

        string Refused(string name, string passphrase) => Assert.Throws<ExportException>(() => cluster.Archive.Import(_files.File(name), passphrase, [])).Message;
        Assert.Empty((await cluster.Instances.ListAsync(new InstanceQuery(10, null, null, null, new Dictionary<string, string>()), default)).Items);
        Assert.Empty(await cluster.Outbox.NextDueAsync("bia", default));
        Assert.Equal([Ana, "bia"], cluster.Archive.Import(_files.File("1"), Passphrase, []));
    }

    [Fact]
    public async Task An_export_of_a_newer_version_is_refused()
    {
        await using var home = await FilledAsync();
        Query(_home, "INSERT INTO schema_version (version, name, applied_at) VALUES (999, 'later', 0)");
        home.Archive.Export(_files.File("1"), Passphrase, [], keep: true);
        await using var away = OpenSqlite(_elsewhere);

        Assert.Contains("use a newer program", Assert.Throws<ExportException>(() => away.Archive.Import(_files.File("1"), Passphrase, [])).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_secret_and_no_name_is_readable_in_the_file()
    {
        await using var home = await FilledAsync();
        home.Archive.Export(_files.File("1"), Passphrase, [], keep: false);

        var text = Encoding.Latin1.GetString(await File.ReadAllBytesAsync(_files.File("1")));

        Assert.All(new[] { "whsec", "proxy.example", "5511900000001", "signal_session", Ana + "\u0003", "RECORDED" }, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_files.File("1")));
        Assert.Contains("cannot be made", Assert.Throws<ExportException>(() => home.Archive.Export(_files.File("1"), Passphrase, [], keep: true)).Message, StringComparison.Ordinal);
        Assert.True(File.Exists(_files.File("1")));
    }

    /// <summary>Rows of each table that belongs to instances.</summary>
    private static Dictionary<string, int> Rows(DataFolder folder) => Query(folder, """
        SELECT m.name FROM sqlite_master m WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) i WHERE i.name = 'instance_id') ORDER BY m.name
        """).Except(PortableTables.Local).ToDictionary(table => table, table => int.Parse(Query(folder, $"SELECT COUNT(*) || '' FROM {table} WHERE instance_id = '{Ana}'")[0], System.Globalization.CultureInfo.InvariantCulture));

    private static List<string> Query(DataFolder folder, string sql)
    {
        using var connection = new SqliteFile(folder.File(SqliteStorageOptions.FileName)).CreateConnection(pooling: false);
        connection.Open();
#pragma warning disable CA2100 // our own text
        using var command = new SqliteCommand(sql, connection);
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
            rows.Add(reader.GetString(0));
        return rows;
    }
}
