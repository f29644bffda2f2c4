using System.Diagnostics.CodeAnalysis;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Sandbox.Accounts;

/// <summary>
/// One WhatsApp account as the server knows it: a phone number, a LID and up to 98 companions beside the phone.
/// Everything that changes is read and written under <see cref="Gate"/>; no code holds two gates at once.
/// </summary>
internal sealed class Account
{
    /// <summary>Number of the device hosted by Meta: never given to a companion (wire/01 §12).</summary>
    private const int FirstReservedDevice = 99;
    private const int MaxContacts = 4096;

    private readonly SortedDictionary<int, Device> _devices = [];
    private readonly HashSet<Account> _contacts = [];
    private int _lastDevice;
    private uint _lastKeyIndex;

    public Account(string phoneNumber, string lidUser, string pushName, long createdAt)
    {
        PhoneNumber = phoneNumber;
        Phone = new Jid(phoneNumber, Jid.PhoneServer);
        Lid = new Jid(lidUser, Jid.LidServer);
        PushName = pushName;
        CreatedAt = createdAt;
    }

    public Lock Gate { get; } = new();
    public string PhoneNumber { get; }
    /// <summary>Address by phone number.</summary>
    public Jid Phone { get; }
    /// <summary>Address by hidden id.</summary>
    public Jid Lid { get; }
    public string PushName { get; set; }
    /// <summary>Others know the LID alone: no stanza tells them the number.</summary>
    public bool HidesNumber { get; set; }
    /// <summary>Unix seconds.</summary>
    public long CreatedAt { get; }
    /// <summary>About text, shown by usync status.</summary>
    public string About { get; set; } = "";
    /// <summary>Whether others may see picture and about. Take the gate.</summary>
    public bool HidesProfile { get; set; }
    /// <summary>Id of the profile picture; null = none. Take the gate.</summary>
    public string? PictureId { get; set; }
    /// <summary>Privacy setting readreceipts. Take the gate.</summary>
    public bool SendsReadReceipts { get; set; } = true;
    /// <summary>Encoded ADVSignedKeyIndexList and its time (unix seconds); null until the first companion.</summary>
    public (byte[] Signed, long Timestamp)? KeyIndexList { get; set; }
    /// <summary>App state collections, opaque to the server.</summary>
    public AppStateShelf AppState { get; } = new();
    /// <summary>Sessions that asked for this account's presence.</summary>
    public HashSet<Stanzas.DeviceSession> PresenceSubscribers { get; } = [];
    /// <summary>What the phone does when the server tells it about its companions.</summary>
    public IAccountOwner? Owner { get; set; }

    /// <summary>The account in the same form (PN or LID) as another address.</summary>
    public Jid InFormOf(Jid other) => other.IsLid ? Lid : Phone;

    /// <summary>The other form of <see cref="InFormOf"/>.</summary>
    public Jid InOtherFormOf(Jid other) => other.IsLid ? Phone : Lid;

    /// <summary>All devices, the phone first. Take the gate.</summary>
    public IReadOnlyCollection<Device> Devices => _devices.Values;

    /// <summary>A device by number. Take the gate.</summary>
    public bool TryGetDevice(int number, [NotNullWhen(true)] out Device? device) => _devices.TryGetValue(number, out device);

    /// <summary>Takes a device number and key index nobody has. Take the gate.</summary>
    /// <exception cref="InvalidOperationException">All 98 companions are taken.</exception>
    public (int Number, uint KeyIndex) ReserveDevice()
    {
        for (var tries = 1; tries < FirstReservedDevice; tries++)
        {
            _lastDevice = _lastDevice % (FirstReservedDevice - 1) + 1;
            if (!_devices.ContainsKey(_lastDevice))
                return (_lastDevice, ++_lastKeyIndex);
        }
        throw new InvalidOperationException("the account has no room for another device");
    }

    /// <summary>Adds a device. Take the gate.</summary>
    public void Add(Device device) => _devices[device.Number] = device;

    /// <summary>Removes a device. Take the gate.</summary>
    public bool Remove(int number, [NotNullWhen(true)] out Device? device) => _devices.Remove(number, out device);

    /// <summary>Notes that the two wrote to each other. Take the gate of this account.</summary>
    public void Knows(Account other)
    {
        if (other != this && _contacts.Count < MaxContacts)
            _contacts.Add(other);
    }

    /// <summary>Accounts written with. Take the gate.</summary>
    public IReadOnlyCollection<Account> Contacts => _contacts;
}

/// <summary>The phone behind an account, as far as the server needs it. Called without any gate held; must not block.</summary>
internal interface IAccountOwner
{
    /// <summary>A new companion logged in for the first time and its pre-keys are there: share keys and history.</summary>
    void CompanionReady(int device);

    /// <summary>A companion is gone: sign a new key-index list.</summary>
    void CompanionRemoved(int device);
}
