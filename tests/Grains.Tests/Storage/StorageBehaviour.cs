using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage;

/// <summary>The four stores under test, opened on one database.</summary>
public sealed record OpenStores(ISessionStore Sessions, IOutboxStore Outbox, IInstanceRegistry Instances, IGatewayStore Gateway, IMediaStore Media, IClusterStore Cluster, IAsyncDisposable Database);

/// <summary>
/// What every storage must do, whatever the database. One class per database derives from it and opens the stores.
/// </summary>
public abstract partial class StorageBehaviour : IAsyncLifetime
{
    protected const string Ana = "ana";
    protected const string Bia = "bia";

    protected static readonly Jid Phone = new("5511900000001", Jid.PhoneServer);
    protected static readonly Jid Lid = new("777", Jid.LidServer);
    protected static readonly SignalAddress Address = new("5511900000001", Jid.PhoneServer, 3);

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
    protected OpenStores Stores { get; private set; } = null!;

    protected ISessionStore Sessions => Stores.Sessions;
    protected IOutboxStore Outbox => Stores.Outbox;
    protected IInstanceRegistry Instances => Stores.Instances;
    protected IGatewayStore Gateway => Stores.Gateway;
    protected IMediaStore Media => Stores.Media;
    protected IClusterStore Cluster => Stores.Cluster;
    protected long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    protected static CancellationToken None => CancellationToken.None;

    /// <summary>Opens the stores on the database of this test; again after a restart.</summary>
    protected abstract Task<OpenStores> OpenAsync();
    /// <summary>Removes the database of this test.</summary>
    protected abstract Task RemoveAsync();

    public async ValueTask InitializeAsync() => Stores = await OpenAsync();

    public async ValueTask DisposeAsync()
    {
        await Stores.Database.DisposeAsync();
        await RemoveAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task RestartAsync()
    {
        await Stores.Database.DisposeAsync();
        Stores = await OpenAsync();
    }

    protected InstanceDefinition Definition(string id, CreateInstance? request = null, bool desired = true) => new(id, request ?? new CreateInstance(), desired, Time.GetUtcNow());

    protected async Task<long> CreateAndClaimAsync(string id = Ana, CreateInstance? request = null)
    {
        Assert.True(await Instances.TryCreateAsync(Definition(id, request), None));
        return (await Sessions.ClaimAsync(id, "silo-1", None)).Epoch;
    }

    protected static SessionBatch Batch(Action<DeviceBatch>? fill = null, IReadOnlyList<OutboxRow>? outbox = null, long lastSequence = 0, StatusLine? status = null, bool? desired = null)
    {
        var device = new DeviceBatch();
        fill?.Invoke(device);
        return new SessionBatch(device, outbox ?? [], lastSequence, status, desired);
    }

    protected static SessionBatch WithSession(byte[] record) => Batch(device => device.Sessions[Address] = record);

    protected async Task<byte[]?> SessionAsync(string id = Ana) => (await Sessions.LoadSessionsAsync(id, [Address], None)).GetValueOrDefault(Address);

    protected OutboxRow Event(long sequence, string endpoint = "w1", string? eventId = null) =>
        new(endpoint, sequence, eventId ?? $"evt_{endpoint}_{sequence}", "message.received", [(byte)sequence, 1, 2], Now) { DueAt = Now };

    protected static KeyPair Keys(byte fill) => new([.. Enumerable.Repeat(fill, 32)], [.. Enumerable.Repeat((byte)(fill + 1), 32)]);

    protected static DeviceCredentials Credentials() => new(Keys(1), new LocalIdentity(Keys(3), 4242), [new SignedPreKey(7, Keys(5), [.. Enumerable.Repeat((byte)9, 64)])],
        [.. Enumerable.Repeat((byte)11, 32)], 31)
    {
        Jid = Phone.WithDevice(12),
        Lid = Lid.WithDevice(12),
        PushName = "Ana",
        LoginCounter = 3,
        PreKeysUploaded = true,
        SignedPreKeyCreatedAt = 1763825400123,
    };
}
