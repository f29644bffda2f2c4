using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Device;

namespace WhatsApp.Protocol.Tests.Messaging.Relay;

/// <summary>A person on the relay: two addresses and some devices.</summary>
internal sealed class RelayAccount(RelayNetwork network, string phone, string lid)
{
    public Jid Phone { get; } = new(phone, Jid.PhoneServer);
    public Jid Lid { get; } = new(lid, Jid.LidServer);
    public List<RelayDevice> Devices { get; } = [];

    /// <summary>False while the server gives the LID to nobody: everyone writes to the phone number.</summary>
    public bool LidIsPublic { get; set; } = true;

    /// <summary>False = the directory says "out".</summary>
    public bool Exists { get; set; } = true;

    /// <summary>Links a device with fresh keys; device 0 is the phone.</summary>
    public async Task<RelayDevice> AddDeviceAsync(int number, TimeProvider? time = null, int preKeys = 10)
    {
        var identity = new LocalIdentity(KeyPair.Generate(), PreKeys.NewRegistrationId());
        var oneTime = PreKeys.NewOneTime(1, preKeys);
        var credentials = new DeviceCredentials(KeyPair.Generate(), identity, [PreKeys.NewSigned(1, identity.IdentityKey)], new byte[32], (uint)preKeys + 1)
        {
            Jid = Phone.WithDevice(number),
            Lid = Lid.WithDevice(number),
            SignedDeviceIdentity = new ADVSignedDeviceIdentity { Details = ByteString.CopyFrom(1, 2, 3) }.ToByteArray(),
            PreKeysUploaded = true,
        };
        var store = new InMemoryDeviceStore();
        var first = new DeviceBatch { Credentials = credentials };
        first.NewPreKeys.AddRange(oneTime);
        first.UploadedPreKeys.AddRange(oneTime.Select(key => key.Id));
        await store.CommitAsync(first, CancellationToken.None);
        var device = new RelayDevice(network, this, number, store, credentials, time ?? TimeProvider.System);
        foreach (var key in oneTime)
            device.ServerPreKeys.Enqueue(key);
        Devices.Add(device);
        await device.ConnectAsync();
        return device;
    }

    /// <summary>What usync answers.</summary>
    public Node DevicesNode()
    {
        var companions = Devices.Where(device => device.Number != 0).ToList();
        List<Node> children = [new Node("device-list", [], [.. Devices.Select(device =>
            new Node("device", ("id", $"{device.Number}"), ("key-index", device.Number == 0 ? null : $"{device.Number}")))])];
        var indexes = new ADVKeyIndexList { RawId = 1, CurrentIndex = 100 };
        indexes.ValidIndexes.AddRange(companions.Select(device => (uint)device.Number));
        children.Add(new Node("key-index-list", [("ts", "1")], new ADVSignedKeyIndexList { Details = indexes.ToByteString() }.ToByteArray()));
        return new Node("devices", [], children);
    }
}
