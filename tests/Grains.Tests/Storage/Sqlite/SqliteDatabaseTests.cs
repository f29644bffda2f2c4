using Microsoft.Data.Sqlite;
using WhatsApp.Grains.Storage.Sqlite;

namespace WhatsApp.Grains.Tests.Storage.Sqlite;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly DataFolder _folder = new();
    private readonly SqliteFile _file;
    private readonly SqliteDatabase _database;

    public SqliteDatabaseTests()
    {
        Directory.CreateDirectory(_folder.Path);
        _file = new SqliteFile(_folder.File("test.db"));
        _database = SqliteDatabase.Open(_file, TimeProvider.System, session => session.Execute("CREATE TABLE IF NOT EXISTS t (n INTEGER PRIMARY KEY)"));
    }

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    private static Func<SqliteSession, int> Insert(int n) => session => session.Execute("INSERT INTO t (n) VALUES ($1)", (long)n);

    private Task<List<int>> RowsAsync() => _database.ReadAsync(session => session.Query("SELECT n FROM t ORDER BY n", static row => row.GetInt32(0)), default).AsTask();

    /// <summary>Holds the writer, so that everything queued meanwhile makes one group.</summary>
    private async Task InOneGroupAsync(params Func<SqliteSession, int>[] pieces)
    {
        using var gate = new ManualResetEventSlim();
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var hold = _database.WriteAsync(_ => { begun.SetResult(); gate.Wait(); return 0; }, default).AsTask();
        await begun.Task;
        var queued = pieces.Select(piece => _database.WriteAsync(piece, default).AsTask()).ToArray();
        gate.Set();
        await Task.WhenAll(queued.Append(hold));
    }

    [Fact]
    public async Task A_piece_that_fails_is_rolled_back_alone()
    {
        await Assert.ThrowsAsync<FormatException>(() => InOneGroupAsync(
            Insert(1),
            session => { Insert(2)(session); throw new FormatException(); },
            Insert(3)));

        Assert.Equal([1, 3], await RowsAsync());
    }

    [Fact]
    public async Task A_broken_constraint_fails_its_piece_only()
    {
        await Assert.ThrowsAsync<SqliteException>(() => InOneGroupAsync(Insert(1), Insert(1), Insert(2)));
        Assert.Equal([1, 2], await RowsAsync());
    }

    [Fact]
    public async Task When_the_transaction_ends_by_itself_the_whole_group_fails_and_the_next_goes_on()
    {
        await Assert.ThrowsAsync<IOException>(() => InOneGroupAsync(Insert(1), session => session.Execute("INSERT OR ROLLBACK INTO t (n) VALUES (1)"), Insert(2)));
        Assert.Empty(await RowsAsync());

        await _database.WriteAsync(Insert(5), default);
        Assert.Equal([5], await RowsAsync());
    }

    [Fact]
    public async Task Writes_queued_at_closing_are_committed_and_later_ones_refused()
    {
        var writes = Enumerable.Range(1, 200).Select(n => _database.WriteAsync(Insert(n), default).AsTask()).ToArray();
        await _database.DisposeAsync();
        await Task.WhenAll(writes);

        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await _database.WriteAsync(Insert(999), default));
        await using var again = SqliteDatabase.Open(_file, TimeProvider.System, static _ => { });
        Assert.Equal(200, await again.ReadAsync(session => session.First("SELECT COUNT(*) FROM t", static row => row.GetInt32(0)), default));
    }

    [Fact]
    public void Every_connection_has_its_settings()
    {
        using var connection = _file.CreateConnection(pooling: true);
        connection.Open();
        Assert.Equal("wal", Pragma(connection, "journal_mode"));
        Assert.Equal("1", Pragma(connection, "synchronous"));
        Assert.Equal("10000", Pragma(connection, "busy_timeout"));
        Assert.Equal("1", Pragma(connection, "foreign_keys"));
        SqliteConnection.ClearPool(connection);
    }

    [Fact]
    public void Full_synchronous_is_a_setting_and_nonsense_is_refused()
    {
        using var connection = new SqliteFile(_file.Path, "full").CreateConnection(pooling: false);
        connection.Open();
        Assert.Equal("2", Pragma(connection, "synchronous"));
        Assert.Contains("NORMAL, FULL or EXTRA", Assert.Throws<ArgumentException>(() => new SqliteFile(_file.Path, "OFF; DROP TABLE t")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_of_a_newer_version_is_refused()
    {
        await _database.WriteAsync(session => session.Execute("INSERT INTO schema_version (version, name, applied_at) VALUES (999, 'later', 0)"), default);
        await _database.DisposeAsync();
        Assert.Contains("start a newer version", Assert.Throws<InvalidOperationException>(() => SqliteDatabase.Open(_file, TimeProvider.System, static _ => { })).Message, StringComparison.Ordinal);
    }

    private static string? Pragma(SqliteConnection connection, string name)
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA " + name;
        return command.ExecuteScalar()?.ToString();
    }
}
