using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage.Postgres;

/// <summary>Commits of many instances at the same moment share a transaction; nobody notices.</summary>
public sealed class PostgresCommitTests(PostgresDatabaseFixture database) : IClassFixture<PostgresDatabaseFixture>, IAsyncLifetime
{
    private static readonly SignalAddress _peer = new("5511900000001", Jid.PhoneServer, 0);
    private static readonly TimeSpan _enough = TimeSpan.FromSeconds(60);

    private PostgresStorage _storage = null!;

    public ValueTask InitializeAsync()
    {
        _storage = PostgresStorage.Open(database.Options, TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        await database.EmptyAsync();
    }

    private async Task<Dictionary<string, long>> ClaimAsync(int count)
    {
        var epochs = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var id in Enumerable.Range(0, count).Select(number => $"shop-{number:000}"))
        {
            Assert.True(await _storage.Instances.TryCreateAsync(new InstanceDefinition(id, new CreateInstance(), true, DateTimeOffset.UnixEpoch), default));
            epochs[id] = (await _storage.Sessions.ClaimAsync(id, "silo-1", default)).Epoch;
        }
        return epochs;
    }

    // A session, a message and an event: what a received text writes.
    private async Task CommitAsync(string id, long epoch, long sequence)
    {
        var device = new DeviceBatch();
        device.Sessions[_peer] = [(byte)sequence];
        var key = new MessageKey(_peer.ToJid(), _peer.ToJid(), $"M{sequence}");
        device.Messages[key] = new StoredMessage(key, false, MessageStatus.Received, 1, "text") { Content = [(byte)sequence, 7] };
        OutboxRow[] rows = [new("w1", sequence, $"evt_{id}_{sequence}", "message.received", [1], 1)];
        await _storage.Sessions.CommitAsync(id, epoch, new SessionBatch(device, rows, sequence), default);
    }

    private async Task<(byte[] Session, int Messages, int Events, long Sequence)> WrittenAsync(string id)
    {
        var session = (await _storage.Sessions.LoadSessionsAsync(id, [_peer], default)).GetValueOrDefault(_peer) ?? [];
        var messages = await _storage.Sessions.LoadUnreadAsync(id, [_peer.ToJid()], 100, default);
        return (session, messages.Count, (await _storage.Outbox.CountAsync([id], default)).GetValueOrDefault(id), (await _storage.Sessions.ClaimAsync(id, "silo-2", default)).LastSequence);
    }

    [Fact]
    public async Task What_many_write_at_once_is_all_there_each_under_its_own_instance()
    {
        var epochs = await ClaimAsync(60);

        await Task.WhenAll(epochs.Select(async one =>
        {
            for (var sequence = 1; sequence <= 5; sequence++)
                await CommitAsync(one.Key, one.Value, sequence);
        }));

        foreach (var id in epochs.Keys)
        {
            var (session, messages, events, last) = await WrittenAsync(id);
            Assert.Equal([5], session);
            Assert.Equal((5, 5, 5L), (messages, events, last));
        }
    }

    [Fact]
    public async Task Who_has_been_replaced_is_fenced_and_those_beside_it_are_written()
    {
        var epochs = await ClaimAsync(40);
        string[] replaced = ["shop-003", "shop-017", "shop-039"];
        foreach (var id in replaced)
            await _storage.Sessions.ClaimAsync(id, "silo-2", default);

        var commits = epochs.ToDictionary(one => one.Key, one => CommitAsync(one.Key, one.Value, 1));
        await Task.WhenAll(commits.Values).ContinueWith(_ => { }, TaskScheduler.Default);

        foreach (var (id, commit) in commits)
        {
            if (replaced.Contains(id))
                await Assert.ThrowsAsync<FencedException>(() => commit);
            else
                await commit;
            Assert.Equal(replaced.Contains(id) ? (0, 0, 0L) : (1, 1, 1L), (await WrittenAsync(id)) is var (_, messages, events, last) ? (messages, events, last) : default);
        }
    }

    [Fact]
    public async Task An_event_number_used_twice_is_refused_and_those_beside_it_are_written()
    {
        var epochs = await ClaimAsync(20);
        await _storage.Sessions.CommitAsync("shop-005", epochs["shop-005"], new SessionBatch(new DeviceBatch(), [new OutboxRow("w1", 1, "another", "message.received", [1], 1)], 1), default);

        var commits = epochs.ToDictionary(one => one.Key, one => CommitAsync(one.Key, one.Value, 1));

        await Assert.ThrowsAsync<InvalidOperationException>(() => commits["shop-005"]);
        foreach (var id in epochs.Keys.Where(id => id != "shop-005"))
        {
            await commits[id];
            Assert.Equal(1, (await WrittenAsync(id)).Messages);
        }
    }

    [Fact]
    public async Task One_whose_row_is_locked_waits_and_holds_up_nobody()
    {
        var epochs = await ClaimAsync(30);
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using var locking = new Npgsql.NpgsqlCommand("SELECT 1 FROM instance_lease WHERE instance_id = 'shop-010' FOR UPDATE", connection, transaction);
        await locking.ExecuteNonQueryAsync();

        var waiting = CommitAsync("shop-010", epochs["shop-010"], 1);
        for (var sequence = 1; sequence <= 3; sequence++)
            await Task.WhenAll(epochs.Where(one => one.Key != "shop-010").Select(one => CommitAsync(one.Key, one.Value, sequence))).WaitAsync(_enough);
        Assert.False(waiting.IsCompleted);

        await transaction.CommitAsync();
        await waiting.WaitAsync(_enough);
        Assert.Equal(1, (await WrittenAsync("shop-010")).Messages);
    }

    [Fact]
    public async Task Two_batches_of_one_instance_at_once_are_both_written()
    {
        var epochs = await ClaimAsync(10);

        await Task.WhenAll(epochs.SelectMany(one => Enumerable.Range(1, 4).Select(sequence => CommitAsync(one.Key, one.Value, sequence))));

        foreach (var id in epochs.Keys)
            Assert.Equal((4, 4, 4L), (await WrittenAsync(id)) is var (_, messages, events, last) ? (messages, events, last) : default);
    }

    [Fact]
    public async Task A_large_batch_does_not_wait_for_others_and_is_written_whole()
    {
        var epochs = await ClaimAsync(5);
        var device = new DeviceBatch();
        device.NewPreKeys.AddRange(PreKeys.NewOneTime(1, 812));

        await Task.WhenAll(epochs.Where(one => one.Key != "shop-000").Select(one => CommitAsync(one.Key, one.Value, 1))
            .Append(_storage.Sessions.CommitAsync("shop-000", epochs["shop-000"], new SessionBatch(device, [], 0), default).AsTask()));

        Assert.Equal(812, (await _storage.Sessions.LoadUnuploadedPreKeysAsync("shop-000", default)).Count);
        Assert.Equal(1, (await WrittenAsync("shop-001")).Messages);
    }
}
