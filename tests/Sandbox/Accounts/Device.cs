using WhatsApp.Protocol.Binary;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Accounts;

/// <summary>One device of an account: the phone (0) or a companion. Guarded by the account's gate.</summary>
internal sealed class Device(Account account, int number)
{
    public Account Account { get; } = account;
    public int Number { get; } = number;
    public bool IsPhone => Number == 0;

    /// <summary>Noise public key given at pairing, 32 bytes; a login with another one is refused. Null for the phone.</summary>
    public byte[]? NoiseKey { get; init; }
    /// <summary>Position in the key-index list; 0 for the phone.</summary>
    public uint KeyIndex { get; init; }
    /// <summary>Encoded ADVSignedDeviceIdentity with account key and device signature; null for the phone.</summary>
    public byte[]? SignedIdentity { get; init; }
    /// <summary>The client can take the first history chunk inside the message (DeviceProps.historySyncConfig).</summary>
    public bool TakesInlineHistory { get; init; }

    /// <summary>What others need to write to it.</summary>
    public PreKeyShelf Keys { get; } = new();
    /// <summary>What it has not acknowledged yet.</summary>
    public DeliveryQueue Queue { get; } = new();
    /// <summary>The connection that owns the device now.</summary>
    public DeviceSession? Session { get; set; }
    /// <summary>Sockets logged in as this device at this moment, the replaced one included until it closes.</summary>
    public int Sockets { get; set; }
    /// <summary>True once the phone was told to send keys and history.</summary>
    public bool Bootstrapped { get; set; }

    /// <summary>Address by phone number.</summary>
    public Jid Phone => Account.Phone.WithDevice(Number);
    /// <summary>Address by hidden id.</summary>
    public Jid Lid => Account.Lid.WithDevice(Number);
    /// <summary>Address in the same form as another one.</summary>
    public Jid InFormOf(Jid other) => other.IsLid ? Lid : Phone;
    /// <summary>Address in the other form.</summary>
    public Jid InOtherFormOf(Jid other) => other.IsLid ? Phone : Lid;
}
