using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Sandbox.Groups;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Device.Groups;

/// <summary>A group of our phone, Bob and Carol, and a linked device of ours.</summary>
internal sealed class GroupRig : IAsyncDisposable
{
    private GroupRig(DeviceRig rig, RunningDevice device, VirtualPhone bob, VirtualPhone carol, PhoneGroup group) =>
        (Rig, Device, Bob, Carol, Group) = (rig, device, bob, carol, group);

    public DeviceRig Rig { get; }
    public RunningDevice Device { get; set; }
    public VirtualPhone Bob { get; }
    public VirtualPhone Carol { get; }
    public PhoneGroup Group { get; }
    public InMemoryDeviceStore Store => Rig.Store;

    public static async Task<GroupRig> StartAsync(AddressingMode mode = AddressingMode.Lid)
    {
        var rig = await DeviceRig.StartAsync();
        var (bob, carol) = (rig.Network.AddPhone("5511900000002", "Bob"), rig.Network.AddPhone("5511900000003", "Carol"));
        var device = await rig.StartLinkedAsync();
        var group = rig.Network.AddGroup("Clientes", [rig.Phone.PhoneNumber, bob.PhoneNumber, carol.PhoneNumber], mode);
        await rig.Store.EventAsync<GroupJoined>();
        return new GroupRig(rig, device, bob, carol, group);
    }

    public Task<SentMessage> SendAsync(string text) => SendAsync(new OutgoingMessage(Group.Id, new OutgoingText(text)));

    public Task<SentMessage> SendAsync(OutgoingMessage message) =>
        Device.OnOwnerAsync(() => Device.Device.SendAsync(message, default)).WaitAsync(DeviceRig.Patience);

    /// <summary>Another linked device of a member; returns its store.</summary>
    public async Task<InMemoryDeviceStore> LinkAsync(VirtualPhone phone)
    {
        var store = new InMemoryDeviceStore();
        var device = Rig.Start(store);
        await phone.ScanAsync((await device.UntilAsync(snapshot => snapshot.Qr is not null)).Qr!.Text);
        await device.UntilAsync(DeviceStatus.Open);
        return store;
    }

    /// <summary>The message of this text, when our device has told it.</summary>
    public async Task<MessageInfo> ArrivedAsync(string text)
    {
        await Store.UntilAsync(store => Arrived(store, text).Any());
        return Arrived(Store, text).Single();
    }

    public static async Task<PhoneMessage> ReadAsync(VirtualPhone phone, string text) =>
        await phone.WaitForMessageAsync(message => message.Text == text, default).WaitAsync(DeviceRig.Patience);

    /// <summary>Everyone else of the group has read the text, once.</summary>
    public async Task ReadByAllAsync(string text)
    {
        foreach (var phone in new[] { Rig.Phone, Bob, Carol })
        {
            await ReadAsync(phone, text);
            Assert.Single(phone.Messages, message => message.Text == text);
        }
    }

    public uint KeyId => SenderKeyRecord.Deserialize(Store.SenderKeys.Single(entry =>
        entry.Key.Group == Group.Id && new[] { Store.Credentials!.Jid, Store.Credentials.Lid }.Contains((Jid?)entry.Key.Sender.ToJid())).Value).KeyId!.Value;

    public async ValueTask DisposeAsync() => await Rig.DisposeAsync();

    private static IEnumerable<MessageInfo> Arrived(InMemoryDeviceStore store, string text) =>
        store.Events.OfType<MessageArrived>().Select(arrived => arrived.Message).Where(message => message.Text == text);
}
