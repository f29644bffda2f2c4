using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    private static readonly Jid Group = new("120363000000000001", Jid.GroupServer);
    private static readonly Jid OtherGroup = new("120363000000000002", Jid.GroupServer);

    [Fact]
    public async Task Sender_keys_are_kept_by_group_and_device_and_found_by_account()
    {
        var epoch = await CreateAndClaimAsync();
        await CreateAndClaimAsync(Bia);
        var other = Address with { Device = 0 };
        var stranger = new SignalAddress("999", Jid.LidServer, 0);
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            device.SenderKeys[new(Group, Address)] = [1];
            device.SenderKeys[new(Group, stranger)] = [2];
            device.SenderKeys[new(OtherGroup, other)] = [3];
        }), None);

        Assert.Equal([Address, stranger], (await Sessions.LoadSenderKeysAsync(Ana, Group, [Address, other, stranger], None)).Keys);
        Assert.Equal([3], (await Sessions.LoadSenderKeysAsync(Ana, OtherGroup, [Address, other, stranger], None))[other]);
        var all = await Sessions.LoadSenderKeysOfAsync(Ana, Phone.WithDevice(44), None);
        Assert.Equal([(byte)1, (byte)3], all.Values.Select(record => record[0]).Order());
        Assert.Equal([1], all[new(Group, Address)]);
        Assert.Empty(await Sessions.LoadSenderKeysAsync(Bia, Group, [Address], None));

        await Sessions.CommitAsync(Ana, epoch, Batch(device => { device.SenderKeys[new(Group, Address)] = null; device.SenderKeys[new(OtherGroup, other)] = [4, 5]; }), None);

        Assert.Empty(await Sessions.LoadSenderKeysAsync(Ana, Group, [Address], None));
        Assert.Equal([4, 5], (await Sessions.LoadSenderKeysAsync(Ana, OtherGroup, [other], None))[other]);
    }

    [Fact]
    public async Task Marks_tell_who_has_which_key_of_ours_and_can_be_taken_back()
    {
        var epoch = await CreateAndClaimAsync();
        var (first, second) = (Address, Address with { Device = 9 });
        await MarkAsync(epoch, (Group, uint.MaxValue, first, true), (Group, uint.MaxValue, second, true), (Group, 8, first, true), (OtherGroup, uint.MaxValue, first, true));

        Assert.Equal([first, second], (await MarksAsync(Group, uint.MaxValue)).OrderBy(address => address.Device));
        await MarkAsync(epoch, (Group, uint.MaxValue, second, false), (Group, uint.MaxValue, first, true));

        Assert.Equal([first], await MarksAsync(Group, uint.MaxValue));
        Assert.Equal([first], await MarksAsync(Group, 8));
        Assert.Equal([first], await MarksAsync(OtherGroup, uint.MaxValue));
        Assert.Empty(await MarksAsync(Group, 9));
    }

    [Fact]
    public async Task A_new_key_drops_the_groups_marks_and_a_changed_device_those_of_every_group()
    {
        var epoch = await CreateAndClaimAsync();
        var (first, second) = (Address, Address with { Device = 9 });
        await MarkAsync(epoch, (Group, 1, first, true), (Group, 1, second, true), (OtherGroup, 5, first, true), (OtherGroup, 5, second, true));

        await Sessions.CommitAsync(Ana, epoch, Batch(device => { device.DroppedSenderKeyMarks.Add(Group); device.SenderKeyMarks[new(Group, 2, second)] = true; }), None);

        Assert.Empty(await MarksAsync(Group, 1));
        Assert.Equal([second], await MarksAsync(Group, 2));
        Assert.Equal(2, (await MarksAsync(OtherGroup, 5)).Count);

        await Sessions.CommitAsync(Ana, epoch, Batch(device => { device.ForgottenSenderKeyDevices.Add(second); device.SenderKeyMarks[new(Group, 3, second)] = true; }), None);

        Assert.Empty(await MarksAsync(Group, 2));
        Assert.Equal([first], await MarksAsync(OtherGroup, 5));
        Assert.Equal([second], await MarksAsync(Group, 3));
    }

    private async Task MarkAsync(long epoch, params (Jid Group, uint KeyId, SignalAddress Device, bool Given)[] marks) =>
        await Sessions.CommitAsync(Ana, epoch, Batch(device =>
        {
            foreach (var (group, keyId, address, given) in marks)
                device.SenderKeyMarks[new(group, keyId, address)] = given;
        }), None);

    private async Task<IReadOnlySet<SignalAddress>> MarksAsync(Jid group, uint keyId) => await Sessions.LoadSenderKeyMarksAsync(Ana, group, keyId, None);
}
