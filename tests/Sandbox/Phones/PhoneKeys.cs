using System.Buffers.Binary;
using System.Security.Cryptography;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Phones;

/// <summary>The key material of one phone: account identity, pre-keys, app state key. Guarded by the phone's gate.</summary>
internal sealed class PhoneKeys
{
    /// <summary>One-time keys per upload: phones are many, so few each.</summary>
    private const int BatchSize = 20;
    private readonly Dictionary<uint, PreKey> _oneTime = [];
    private uint _nextId = 1;

    public LocalIdentity Local { get; } = new(KeyPair.Generate(), PreKeys.NewRegistrationId());
    public uint RawId { get; } = BinaryPrimitives.ReadUInt32LittleEndian(RandomNumberGenerator.GetBytes(4)) >> 1;
    public SignedPreKey Signed { get; }
    /// <summary>Signs companions and their list (wire/01 §6.3).</summary>
    public PrimaryIdentity Primary { get; }
    /// <summary>device 0 ‖ epoch 1 (wire/06 §2).</summary>
    public byte[] AppStateKeyId { get; } = [0, 0, 0, 0, 0, 1];
    public byte[] AppStateKey { get; } = RandomNumberGenerator.GetBytes(32);

    public PhoneKeys()
    {
        Signed = PreKeys.NewSigned(1, Local.IdentityKey);
        Primary = new PrimaryIdentity(Local.IdentityKey, RawId);
    }

    public SignedPreKey? FindSigned(uint id) => id == Signed.Id ? Signed : null;
    public PreKey? FindOneTime(uint id) => _oneTime.GetValueOrDefault(id);
    public void Forget(uint id) => _oneTime.Remove(id);

    /// <summary>A fresh one-time key that is kept and, for a retry receipt, never uploaded.</summary>
    public PreKey NewOneTime() => New(1)[0];

    /// <summary>The upload of wire/01 §8.3 with fresh one-time keys.</summary>
    public Node Upload() => new("iq", [("id", "keys"), ("type", "set"), ("xmlns", "encrypt"), ("to", Jid.PhoneServer)],
    [
        KeyBytes.Leaf("registration", KeyBytes.Registration(Local.RegistrationId)), KeyBytes.Leaf("type", [5]),
        KeyBytes.Leaf("identity", Local.IdentityKey.PublicKey),
        new Node("list", [], [.. New(BatchSize).Select(key => KeyNode("key", key))]), SignedNode(),
    ]);

    /// <summary><c>&lt;skey&gt;&lt;id/&gt;&lt;value/&gt;&lt;signature/&gt;&lt;/skey&gt;</c></summary>
    public Node SignedNode() => new("skey", [],
        [KeyBytes.Leaf("id", KeyBytes.Id(Signed.Id)), KeyBytes.Leaf("value", Signed.Keys.PublicKey), KeyBytes.Leaf("signature", Signed.Signature)]);

    /// <summary><c>&lt;key&gt;&lt;id/&gt;&lt;value/&gt;&lt;/key&gt;</c></summary>
    public static Node KeyNode(string tag, PreKey key) =>
        new(tag, [], [KeyBytes.Leaf("id", KeyBytes.Id(key.Id)), KeyBytes.Leaf("value", key.Keys.PublicKey)]);

    private IReadOnlyList<PreKey> New(int count)
    {
        var keys = PreKeys.NewOneTime(_nextId, count);
        foreach (var key in keys)
            _oneTime[key.Id] = key;
        _nextId = PreKeys.NextId(keys[^1].Id);
        return keys;
    }
}
