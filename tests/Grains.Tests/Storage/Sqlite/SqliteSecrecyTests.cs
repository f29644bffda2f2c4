using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Sqlite;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage.Sqlite;

public sealed class SqliteSecrecyTests : IDisposable
{
    private const string Secret = "PLAINTEXT-THAT-MUST-NOT-BE-FOUND";
    private static readonly byte[] _secret = Encoding.ASCII.GetBytes(Secret);

    private readonly DataFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private SqliteStorage Open(string? dataKey = null) => SqliteStorage.Open(new SqliteStorageOptions(_folder.Path, dataKey), TimeProvider.System);

    [Fact]
    public async Task No_secret_is_readable_in_the_files()
    {
        await using (var storage = Open())
        {
            await FillAsync(storage);
            Assert.All(Directory.GetFiles(_folder.Path), AssertNoSecret); // with the write-ahead log still there
        }
        Assert.All(Directory.GetFiles(_folder.Path), AssertNoSecret);
    }

    [Fact]
    public async Task Sealed_bytes_moved_to_another_row_do_not_open()
    {
        await using (var storage = Open())
            await FillAsync(storage);
        await using (var connection = new SqliteFile(_folder.File(SqliteStorageOptions.FileName)).CreateConnection(pooling: false))
        {
            connection.Open();
            await using var command = connection.CreateCommand();
            command.CommandText = "UPDATE message SET id = 'B2'";
            Assert.Equal(1, command.ExecuteNonQuery());
        }

        await using var again = Open();
        await Assert.ThrowsAsync<SecretBoxException>(async () => await again.Sessions.LoadOutgoingAsync("ana", ["B2"], default));
    }

    [Fact]
    public async Task The_key_file_is_made_once_for_its_owner_only()
    {
        await Open().DisposeAsync();
        var key = await File.ReadAllTextAsync(_folder.File(DataKey.FileName));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.File(DataKey.FileName)));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(_folder.Path));
        }

        await Open().DisposeAsync();

        Assert.Equal(key, await File.ReadAllTextAsync(_folder.File(DataKey.FileName)));
        Assert.Equal(DataKey.Size, DataKey.Parse(key).Length);
    }

    [Fact]
    public async Task A_wrong_key_stops_the_start_with_one_line()
    {
        await Open(new string('a', 64)).DisposeAsync();

        var problem = Assert.Throws<DataKeyException>(() => Open(new string('b', 64)));

        Assert.Contains("another data key", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', problem.Message);
        Assert.False(File.Exists(_folder.File(DataKey.FileName)));
        await Open(new string('a', 64)).DisposeAsync();
    }

    [Fact]
    public async Task A_lost_key_file_is_not_replaced_by_a_new_key()
    {
        await Open().DisposeAsync();
        File.Delete(_folder.File(DataKey.FileName));

        Assert.Contains("there is no key", Assert.Throws<DataKeyException>(() => Open()).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_folder.File(DataKey.FileName)));
    }

    [Fact]
    public async Task The_host_opens_the_storage_at_start_and_closes_it_at_the_end()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddSqliteStorage(_folder.Path);
        using (var host = builder.Build())
        {
            await host.StartAsync();
            Assert.True(File.Exists(_folder.File(SqliteStorageOptions.FileName)));
            Assert.True(await host.Services.GetRequiredService<IInstanceRegistry>().TryCreateAsync(new("ana", new CreateInstance(), true, DateTimeOffset.UnixEpoch), default));
            Assert.Equal(1, (await host.Services.GetRequiredService<ISessionStore>().ClaimAsync("ana", "silo-1", default)).Epoch);
            Assert.Empty(await host.Services.GetRequiredService<IOutboxStore>().NextDueAsync("ana", default));
            Assert.False(await host.Services.GetRequiredService<IGatewayStore>().HasAdminKeyAsync(default));
            await host.StopAsync();
        }
        Assert.False(File.Exists(_folder.File(SqliteStorageOptions.FileName + "-wal")));
    }

    [Fact]
    public async Task A_bad_key_fails_the_host_start()
    {
        var builder = Host.CreateApplicationBuilder();
        builder.Services.AddSqliteStorage(_folder.Path, dataKey: "too short");
        using var host = builder.Build();
        await Assert.ThrowsAsync<DataKeyException>(() => host.StartAsync());
    }

    private void AssertNoSecret(string file)
    {
        using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        Assert.True(bytes.AsSpan().IndexOf(_secret) < 0, Path.GetFileName(file));
        Assert.True(bytes.AsSpan().IndexOf(Encoding.ASCII.GetBytes(Convert.ToBase64String(_secret)).AsSpan(0, 40)) < 0, Path.GetFileName(file));
        if (Path.GetFileName(file) == SqliteStorageOptions.FileName + "-wal")
            Assert.True(bytes.AsSpan().IndexOf("5511900000001@s.whatsapp.net"u8) >= 0, "the search itself must find what is not sealed");
    }

    private static async Task FillAsync(SqliteStorage storage)
    {
        var webhook = new WebhookEndpoint { Url = "https://example.org/hook", Secret = Secret };
        Assert.True(await storage.Instances.TryCreateAsync(new("ana", new CreateInstance { Webhooks = [webhook] }, true, DateTimeOffset.UnixEpoch), default));
        var epoch = (await storage.Sessions.ClaimAsync("ana", "silo-1", default)).Epoch;
        var keys = new KeyPair(_secret, _secret);
        var phone = new Jid("5511900000001", Jid.PhoneServer);
        var key = new MessageKey(phone, phone, "A1");
        var device = new DeviceBatch { Credentials = new DeviceCredentials(keys, new LocalIdentity(keys, 1), [new SignedPreKey(1, keys, _secret)], _secret, 1) };
        device.Sessions[SignalAddress.Of(phone)] = _secret;
        device.SenderKeys[new SenderKeyName(new Jid("120363000000000001", Jid.GroupServer), SignalAddress.Of(phone))] = _secret;
        device.NewPreKeys.Add(new PreKey(1, keys));
        var vote = new PollVoteKey(key, phone);
        device.PollVotes[vote] = new PollVote(vote, [_secret], 1);
        device.PrivacyTokens[phone] = new PrivacyToken(phone) { Token = _secret, TokenAt = 1 };
        device.Messages[key] = new StoredMessage(key, true, MessageStatus.Pending, 1, "text") { Content = _secret, Secret = _secret };
        await storage.Sessions.CommitAsync("ana", epoch, new SessionBatch(device, [new OutboxRow("w1", 1, "evt_1", "message.sent", _secret, 1), new OutboxRow("w1", 2, "evt_2", "message.sent", _secret, 1)], 2)
        {
            Media = [new MediaRow(new StoredMedia(key, true, "image") { DirectPath = Secret, Url = Secret, FileName = Secret, MediaKey = _secret }, MediaState.Wanted)],
        }, default);
        await storage.Outbox.BuryAsync("ana", "w1", 1, 1, "gone", default);
        await storage.Gateway.PutAnswerAsync("k", "hash", new StoredAnswer(201, "application/json", _secret, null), DateTimeOffset.MaxValue, default);
    }
}
