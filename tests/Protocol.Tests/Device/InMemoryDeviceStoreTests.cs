using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Signal;
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

    [Fact]
    public async Task Sender_key_marks_are_dropped_by_group_and_by_device_before_new_ones_are_given()
    {
        var store = new InMemoryDeviceStore();
        var (group, other) = (new Jid("1", Jid.GroupServer), new Jid("2", Jid.GroupServer));
        var (ana, bia) = (new SignalAddress("111", Jid.LidServer, 0), new SignalAddress("222", Jid.LidServer, 3));
        await store.CommitAsync(new DeviceBatch
        {
            SenderKeys = { [new(group, ana)] = [1], [new(other, ana)] = [2] },
            SenderKeyMarks = { [new(group, 5, ana)] = true, [new(group, 5, bia)] = true, [new(other, 6, bia)] = true },
        }, default);
        await store.CommitAsync(new DeviceBatch
        {
            SenderKeys = { [new(other, ana)] = null },
            DroppedSenderKeyMarks = { group },
            ForgottenSenderKeyDevices = { bia },
            SenderKeyMarks = { [new(group, 7, bia)] = true },
        }, default);

        Assert.Equal([ana], (await store.LoadSenderKeysAsync(group, [ana, bia], default)).Keys);
        Assert.Equal([new SenderKeyName(group, ana)], (await store.LoadSenderKeysOfAsync(ana.ToJid(), default)).Keys);
        Assert.Equal([new SenderKeyMark(group, 7, bia)], store.SenderKeyMarks);
        Assert.Equal([bia], await store.LoadSenderKeyMarksAsync(group, 7, default));
    }
}
