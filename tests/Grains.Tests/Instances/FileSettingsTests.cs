using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Tests.Scripted;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Instances;

/// <summary>What an instance does with files by its settings.</summary>
public sealed class FileSettingsTests(TestSilo silo) : IClassFixture<TestSilo>
{
    private static readonly Jid Bia = Jid.Parse("5511900000002@s.whatsapp.net");

    private async Task<(string Id, ScriptedDevice Device)> CreateAsync(InstanceSettings settings)
    {
        var id = TestSilo.NewId();
        await silo.Instance(id).CreateAsync(new CreateInstance { Settings = settings });
        return (id, await silo.Devices.DeviceAsync(id));
    }

    private static Task CommitAsync(ScriptedDevice device, StoredMedia media) => device.DoAsync(async () =>
    {
        var batch = new DeviceBatch();
        batch.Media[media.Key] = media;
        await device.Store.CommitAsync(batch, default);
    });

    private static StoredMedia File(string id) => new(new MessageKey(Bia, Bia, id), false, "image") { MediaKey = new byte[32] };

    private async Task<MediaRow> FindAsync(string instanceId, string id) => Assert.Single(await silo.Get<IMediaStore>().FindAsync(instanceId, id, default));

    [Fact]
    public async Task The_device_finds_again_what_it_committed()
    {
        var (_, device) = await CreateAsync(new InstanceSettings { DownloadMedia = "lazy" });
        await CommitAsync(device, File("A1") with { DirectPath = "/v/1" });

        Assert.Equal("/v/1", Assert.Single(await device.Store.FindMediaAsync("A1", default)).DirectPath);
    }

    [Fact]
    public async Task Other_days_count_for_the_files_there_are()
    {
        var (id, device) = await CreateAsync(new InstanceSettings { DownloadMedia = "lazy" });
        await CommitAsync(device, File("A1"));
        await silo.Get<IMediaStore>().ChangeAsync(id, MediaState.Described, await FindAsync(id, "A1") with { State = MediaState.Stored, ObjectKey = "received/x", StoredAt = 1000, ExpiresAt = 2000 }, default);

        await silo.Instance(id).ChangeAsync(new InstanceChange { Settings = new InstanceSettings { DownloadMedia = "lazy", RetentionDays = 1 } });
        Assert.Equal(1000 + 24 * 3600 * 1000L, (await FindAsync(id, "A1")).ExpiresAt);
        await silo.Instance(id).ChangeAsync(new InstanceChange { Settings = new InstanceSettings { DownloadMedia = "lazy", RetentionDays = 0 } });
        Assert.Null((await FindAsync(id, "A1")).ExpiresAt);
    }

    [Fact]
    public async Task Another_policy_counts_from_the_next_message_on()
    {
        var (id, device) = await CreateAsync(new InstanceSettings { DownloadMedia = "lazy" });
        await CommitAsync(device, File("before"));
        await silo.Instance(id).ChangeAsync(new InstanceChange { Settings = new InstanceSettings { DownloadMedia = "auto" } });
        await CommitAsync(device, File("after"));

        Assert.Equal(MediaState.Described, (await FindAsync(id, "before")).State);
        // It names no place to fetch it from: that is what the try finds out.
        await Eventually.TrueAsync(async () => (await FindAsync(id, "after")).State == MediaState.Failed, "a try");
    }

    [Fact]
    public async Task A_file_whose_days_are_over_is_not_there_any_more()
    {
        var (id, device) = await CreateAsync(new InstanceSettings { DownloadMedia = "lazy" });
        await CommitAsync(device, File("A1"));
        await silo.Get<IMediaStore>().ChangeAsync(id, MediaState.Described, await FindAsync(id, "A1") with { State = MediaState.Removed }, default);

        var problem = await Assert.ThrowsAsync<InstanceProblemException>(() => silo.Instance(id).GetFileAsync("A1", TimeSpan.Zero, again: false));

        Assert.Equal("media-not-found", problem.Code);
    }
}
