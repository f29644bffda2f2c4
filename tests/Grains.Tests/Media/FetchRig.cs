using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Media;
using WhatsApp.Grains.Outbound;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Sqlite;
using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Grains.Tests.Storage;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Media;

/// <summary>A fetcher on real stores in a temporary folder, with a clock of its own and a network that has no host.</summary>
internal sealed class FetchRig : IAsyncDisposable
{
    public const string Instance = "ana";

    private readonly DataFolder _folder = new();
    private readonly TaskFactory _owner = new(new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler);
    private readonly SqliteStorage _storage;
    private readonly MediaWorker _worker = new(new MediaWorkerOptions());
    private readonly MediaNetworks _networks;
    private MediaFetcher? _fetcher;

    public FetchRig(Func<IObjectStore, IObjectStore>? objects = null)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["WhatsApp:SocketUrl"] = "ws://127.0.0.1:9/ws/chat",
            ["WhatsApp:NoiseRootKey"] = new string('0', 64),
        }).Build();
        _storage = SqliteStorage.Open(new SqliteStorageOptions(_folder.Path), Time);
        var guard = new OutboundGuard(Options.Create(new OutboundOptions()));
        _networks = new MediaNetworks(new WhatsAppNetworks(configuration), guard);
        IObjectStore folder = new FolderObjectStore(_folder.File("media"));
        Parts = new ReceivedMedia(_storage.Media, _storage.Outbox, objects?.Invoke(folder) ?? folder, _worker, _networks, new SignedLinks(new byte[32], "http://x", Time),
            Options.Create(new ReceivedMediaOptions()), new WorkPlace(_folder.File("work")), Time, NullLogger<ReceivedMedia>.Instance);
        Fetch = new MediaFetch(Parts, new OutboundCheck(guard));
        Device = new ScriptedDevice(new InstanceDefinition(Instance, Request, true, Time.GetUtcNow()), null!);
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
    public ReceivedMedia Parts { get; }
    public MediaFetch Fetch { get; }
    public ScriptedDevice Device { get; }
    public IWhatsAppDevice? Connected { get; set; }
    public CreateInstance Request { get; set; } = new() { Webhooks = [new WebhookEndpoint { Url = "http://x" }] };
    public ConcurrentQueue<string> Pokes { get; } = new();
    public long Now => Time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <summary>A row with its instance.</summary>
    public async Task AddAsync(MediaRow row, params OutboxRow[] events)
    {
        if (await _storage.Instances.TryCreateAsync(new InstanceDefinition(Instance, Request, true, Time.GetUtcNow()), default))
            _epoch = (await _storage.Sessions.ClaimAsync(Instance, "silo-1", default)).Epoch;
        await _storage.Sessions.CommitAsync(Instance, _epoch, new SessionBatch(new DeviceBatch(), events, events.Length) { Media = [row] }, default);
    }

    private long _epoch;

    public MediaRow Row(string id, MediaState state = MediaState.Wanted, byte[]? key = null)
    {
        var bia = Jid.Parse("5511900000002@s.whatsapp.net");
        return new MediaRow(new StoredMedia(new MessageKey(bia, bia, id), false, "image") { DirectPath = "/v/1", MediaKey = key ?? new byte[32], FileSha256 = new byte[32], CreatedAt = Now }, state) { DueAt = Now, EventSequence = 1 };
    }

    public void Start() => _owner.StartNew(() =>
    {
        _fetcher = new MediaFetcher(Instance, Parts, Fetch, () => Request, () => Connected, () => Pokes.Enqueue("poke"));
        _fetcher.Start(someWait: true);
    }).Wait();

    public Task<MediaRow> GetAsync(MediaRow row, TimeSpan wait) => _owner.StartNew(() => _fetcher!.GetAsync(row, wait, default)).Unwrap();

    public async Task<MediaRow> FindAsync(string id) => Assert.Single(await Parts.Store.FindAsync(Instance, id, default));

    /// <summary>Lets time pass, step by step, until the row is as expected.</summary>
    public async Task<MediaRow> UntilAsync(string id, Func<MediaRow, bool> fits, TimeSpan? step = null)
    {
        await Eventually.TrueAsync(async () =>
        {
            if (fits(await FindAsync(id)))
                return true;
            if (step is { } pause)
                Time.Advance(pause);
            return false;
        }, "the file as expected");
        return await FindAsync(id);
    }

    /// <summary>The waiting events.</summary>
    public ValueTask<IReadOnlyList<OutboxRow>> ClaimAsync() => _storage.Outbox.ClaimAsync(Instance, "w1", 10, TimeSpan.FromMinutes(1), default);

    public async ValueTask DisposeAsync()
    {
        if (_fetcher is { } fetcher)
            await _owner.StartNew(() => fetcher.DisposeAsync().AsTask()).Unwrap();
        _worker.Dispose();
        _networks.Dispose();
        await _storage.DisposeAsync();
        _folder.Dispose();
    }
}
