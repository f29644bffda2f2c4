using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Tests.Device;

public class InMemoryDeviceStoreTests
{
    [Fact]
    public async Task An_earlier_owner_cannot_commit()
    {
        var first = new InMemoryDeviceStore();
        var second = first.NextOwner();

        await Assert.ThrowsAsync<FencedException>(async () => await first.CommitAsync(new DeviceBatch(), default));
        await second.CommitAsync(new DeviceBatch { Events = { new QrUpdated("qr", 1, 6, default) } }, default);

        Assert.Single(first.Events);
    }

    [Fact]
    public async Task A_refused_commit_changes_nothing()
    {
        var store = new InMemoryDeviceStore { BeforeCommit = (number, _) => { if (number == 1) throw new IOException("full"); } };

        await Assert.ThrowsAsync<IOException>(async () => await store.CommitAsync(new DeviceBatch { UploadedPreKeys = { 7 } }, default));

        Assert.Empty(store.Batches);
        Assert.Empty(store.UploadedPreKeys);
    }
}
