using System.Text;
using Npgsql;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage.Postgres;

public sealed class PostgresDatabaseTests(PostgresDatabaseFixture database) : IClassFixture<PostgresDatabaseFixture>, IAsyncLifetime
{
    private const string Secret = "PLAINTEXT-THAT-MUST-NOT-BE-FOUND";
    private static readonly Jid _phone = new("5511900000001", Jid.PhoneServer);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync() => await database.EmptyAsync();

    [Fact]
    public async Task Many_processes_that_start_at_once_migrate_once()
    {
        var address = PostgresAddress.Parse(await OnePostgres.CreateDatabaseAsync());
        var options = new PostgresStorageOptions(address, new string('c', 64));

        var opened = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Factory.StartNew(
            () => PostgresStorage.Open(options, TimeProvider.System), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        foreach (var storage in opened)
        {
            Assert.Empty((await storage.Instances.ListAsync(new InstanceQuery(10, null, null, null, new Dictionary<string, string>()), default)).Items);
            await storage.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_database_of_a_later_version_is_used_as_it_is()
    {
        await PostgresStorage.Open(database.Options, TimeProvider.System).DisposeAsync();
        await RunAsync("INSERT INTO schema_version (version, name, applied_at) VALUES (999, 'later', 0); ALTER TABLE credentials ADD COLUMN later text NULL");

        await using var storage = PostgresStorage.Open(database.Options, TimeProvider.System);

        Assert.True(await storage.Instances.TryCreateAsync(new("ana", new CreateInstance(), true, DateTimeOffset.UnixEpoch), default));
        await RunAsync("DELETE FROM schema_version WHERE version = 999");
    }

    [Fact]
    public async Task A_wrong_data_key_stops_the_start_with_one_line()
    {
        await PostgresStorage.Open(database.Options, TimeProvider.System).DisposeAsync();

        var problem = Assert.Throws<DataKeyException>(() => PostgresStorage.Open(database.Options with { DataKey = new string('b', 64) }, TimeProvider.System));

        Assert.Contains("another data key", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.Message);
    }

    [Fact]
    public void A_server_that_is_not_there_stops_the_start_with_one_line_without_the_password()
    {
        var options = new PostgresStorageOptions(PostgresAddress.Parse("postgres://wa:a-secret-word@127.0.0.1:1/wa"), new string('a', 64)) { Patience = TimeSpan.Zero };

        var problem = Assert.Throws<BadConfigurationException>(() => PostgresStorage.Open(options, TimeProvider.System));

        Assert.StartsWith("POSTGRES 127.0.0.1:1/wa cannot be used", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("a-secret-word", problem.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.Message);
    }

    [Fact]
    public async Task A_commit_under_way_ends_before_the_next_owner_starts_and_is_seen_by_it()
    {
        await using var storage = PostgresStorage.Open(database.Options, TimeProvider.System);
        Assert.True(await storage.Instances.TryCreateAsync(new("ana", new CreateInstance(), true, DateTimeOffset.UnixEpoch), default));
        var old = await storage.Sessions.ClaimAsync("ana", "silo-1", default);

        // The old owner's transaction, stopped half-way by hand.
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var command = new NpgsqlCommand($"SELECT require_owner('ana', {old.Epoch}); UPDATE instance_status SET last_sequence = 41 WHERE instance_id = 'ana'", connection, transaction);
        await command.ExecuteNonQueryAsync();
        var claim = storage.Sessions.ClaimAsync("ana", "silo-2", default).AsTask();
        await UntilSomebodyWaitsAsync();
        Assert.False(claim.IsCompleted);
        await transaction.CommitAsync();

        Assert.Equal(41, (await claim).LastSequence);
        await Assert.ThrowsAsync<FencedException>(async () => await storage.Sessions.CommitAsync("ana", old.Epoch, new SessionBatch(new DeviceBatch(), [], 42), default));
    }

    [Fact]
    public async Task A_commit_is_one_transaction()
    {
        await using var storage = PostgresStorage.Open(database.Options, TimeProvider.System);
        var epoch = await FillAsync(storage);
        var batch = new DeviceBatch();
        batch.Sessions[SignalAddress.Of(_phone)] = [1];
        OutboxRow[] rows = [new("w1", 3, "evt_3", "message.sent", [1], 1), new("w2", 3, "evt_3", "message.sent", [1], 1)];
        await storage.Sessions.CommitAsync("ana", epoch, new SessionBatch(batch, rows, 3), default);

        const string writers = "SELECT xmin::text AS writer FROM outbox WHERE sequence = 3 UNION ALL SELECT xmin::text FROM signal_session UNION ALL SELECT xmin::text FROM instance_status";
        Assert.Equal(4, await NumberAsync($"SELECT COUNT(*) FROM ({writers}) w"));
        Assert.Equal(1, await NumberAsync($"SELECT COUNT(DISTINCT writer) FROM ({writers}) w"));
    }

    [Fact]
    public async Task No_secret_is_readable_in_the_tables()
    {
        await using var storage = PostgresStorage.Open(database.Options, TimeProvider.System);
        await FillAsync(storage);

        Assert.True(await NumberAsync(RowsWith("5511900000001")) > 0, "the search itself must find what is not sealed");
        Assert.Equal(0, await NumberAsync(RowsWith(Secret)));
        Assert.Equal(0, await NumberAsync(RowsWith(Convert.ToHexStringLower(Encoding.ASCII.GetBytes(Secret)))));
    }

    [Fact]
    public async Task Sealed_bytes_moved_to_another_row_do_not_open()
    {
        await using var storage = PostgresStorage.Open(database.Options, TimeProvider.System);
        await FillAsync(storage);
        await RunAsync("UPDATE message SET id = 'B2'");

        await Assert.ThrowsAsync<SecretBoxException>(async () => await storage.Sessions.LoadOutgoingAsync("ana", ["B2"], default));
    }

    [Theory]
    [InlineData("postgres://wa:p%40ss@db.local:5433/whats?sslmode=require", "Host=db.local;Database=whats;Port=5433;Username=wa;Password=p@ss;SSL Mode=Require")]
    [InlineData("postgresql://wa@db/whats", "Host=db;Database=whats;Username=wa")]
    [InlineData("Host=db;Database=whats;Username=wa;Max Auto Prepare=0", "Host=db;Database=whats;Username=wa;Max Auto Prepare=0")]
    public void Addresses_are_taken_in_both_forms(string text, string expected)
    {
        var parsed = new NpgsqlConnectionStringBuilder(PostgresAddress.Parse(text));
        foreach (var (name, value) in new NpgsqlConnectionStringBuilder(expected).Select(pair => (pair.Key, pair.Value)))
            Assert.Equal(value, parsed[name]);
    }

    [Fact]
    public void Statements_are_prepared_and_sessions_not_reset_unless_told_otherwise()
    {
        var normal = new NpgsqlConnectionStringBuilder(PostgresAddress.Parse("postgres://wa@db/whats"));
        Assert.Equal((200, 2, true, "whatsapp-cluster"), (normal.MaxAutoPrepare, normal.AutoPrepareMinUsages, normal.NoResetOnClose, normal.ApplicationName));

        var told = new NpgsqlConnectionStringBuilder(PostgresAddress.Parse("Host=db;Database=whats;Max Auto Prepare=0;No Reset On Close=false;Application Name=mine"));
        Assert.Equal((0, false, "mine"), (told.MaxAutoPrepare, told.NoResetOnClose, told.ApplicationName));
    }

    [Theory]
    [InlineData("postgres://wa:secret@db")]
    [InlineData("db.local")]
    [InlineData("Host=db;Nonsense=1")]
    [InlineData("Host=db;Port=many;Database=x")]
    [InlineData("postgres://")]
    public void Other_texts_are_refused_in_one_line_that_does_not_repeat_them(string text)
    {
        var problem = Assert.Throws<BadConfigurationException>(() => PostgresAddress.Parse(text));
        Assert.StartsWith("POSTGRES must be", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem.ToString(), StringComparison.Ordinal);
    }

    // Every row of every table of ours as text: bytea prints as hex.
    private static string RowsWith(string text) => $"""
        SELECT COALESCE(SUM((xpath('/row/n/text()', query_to_xml(format('SELECT COUNT(*) AS n FROM %I t WHERE t::text LIKE %L', tablename, '%{text}%'), false, true, '')))[1]::text::bigint), 0)
        FROM pg_tables WHERE schemaname = 'public'
        """;

    private async Task UntilSomebodyWaitsAsync()
    {
        while (await NumberAsync("SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'") == 0)
            await Task.Delay(10);
    }

    private async Task RunAsync(string sql)
    {
        await using var connection = await database.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private async Task<long> NumberAsync(string sql)
    {
        await using var connection = await database.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return Convert.ToInt64(await command.ExecuteScalarAsync(), System.Globalization.CultureInfo.InvariantCulture);
    }

    private static async Task<long> FillAsync(PostgresStorage storage)
    {
        var secret = Encoding.ASCII.GetBytes(Secret);
        var webhook = new Abstractions.Webhooks.WebhookEndpoint { Url = "https://example.org/hook", Secret = Secret };
        Assert.True(await storage.Instances.TryCreateAsync(new("ana", new CreateInstance { Webhooks = [webhook] }, true, DateTimeOffset.UnixEpoch), default));
        var epoch = (await storage.Sessions.ClaimAsync("ana", "silo-1", default)).Epoch;
        var keys = new KeyPair(secret, secret);
        var key = new MessageKey(_phone, _phone, "A1");
        var device = new DeviceBatch { Credentials = new DeviceCredentials(keys, new LocalIdentity(keys, 1), [new SignedPreKey(1, keys, secret)], secret, 1) };
        device.Sessions[SignalAddress.Of(_phone)] = secret;
        device.SenderKeys[new SenderKeyName(new Jid("120363000000000001", Jid.GroupServer), SignalAddress.Of(_phone))] = secret;
        device.NewPreKeys.Add(new PreKey(1, keys));
        device.Messages[key] = new StoredMessage(key, true, MessageStatus.Pending, 1, "text") { Content = secret, Secret = secret };
        await storage.Sessions.CommitAsync("ana", epoch, new SessionBatch(device, [new OutboxRow("w1", 1, "evt_1", "message.sent", secret, 1), new OutboxRow("w1", 2, "evt_2", "message.sent", secret, 1)], 2)
        {
            Media = [new MediaRow(new StoredMedia(key, true, "image") { DirectPath = Secret, Url = Secret, FileName = Secret, MediaKey = secret }, MediaState.Wanted)],
        }, default);
        await storage.Outbox.BuryAsync("ana", "w1", 1, 1, "gone", default);
        await storage.Gateway.PutAnswerAsync("k", "hash", new Abstractions.Security.StoredAnswer(201, "application/json", secret, null), DateTimeOffset.MaxValue, default);
        return epoch;
    }
}
