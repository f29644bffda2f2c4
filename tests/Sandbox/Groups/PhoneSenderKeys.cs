using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;

namespace WhatsApp.Sandbox.Groups;

/// <summary>
/// A phone's sender keys: its own in each group with the devices that have it, and those of others by group and device (in the phone-number
/// form, whatever the group uses). Guarded by the phone's gate.
/// </summary>
internal sealed class PhoneSenderKeys
{
    private readonly Dictionary<Jid, (SenderKeyRecord Record, HashSet<Jid> Told)> _own = [];
    private readonly Dictionary<(Jid Group, Jid Sender), SenderKeyRecord> _others = [];

    /// <summary>Our key in a group, made when there is none.</summary>
    public (SenderKeyRecord Record, HashSet<Jid> Told) Own(Jid group)
    {
        if (!_own.TryGetValue(group, out var own))
            _own[group] = own = (SenderKeyRecord.NewOwn(), []);
        return own;
    }

    /// <summary><c>&lt;enc v="2" type="skmsg"&gt;…&lt;/enc&gt;</c> for the whole group.</summary>
    public Node Encrypt(Jid group, ReadOnlySpan<byte> plaintext, string? mediaType = null)
    {
        var (record, told) = Own(group);
        var encrypted = SenderKeyCipher.Encrypt(record, MessagePadding.Pad(plaintext));
        _own[group] = (encrypted.Next, told);
        return new Node("enc", [("v", "2"), ("type", "skmsg"), ("mediatype", mediaType)], (ReadOnlyMemory<byte>)encrypted.Ciphertext);
    }

    /// <summary>The next message gets a new key: somebody who has this one is out.</summary>
    public void Rotate(Jid group) => _own.Remove(group);

    /// <summary>Takes a sender's key.</summary>
    /// <exception cref="SignalException">Malformed.</exception>
    public void Process(Jid group, Jid sender, ReadOnlySpan<byte> distribution) =>
        _others[(group, sender)] = SenderKeyDistribution.Process(_others.GetValueOrDefault((group, sender), SenderKeyRecord.Empty), distribution);

    /// <summary>Decrypts and unpads.</summary>
    /// <exception cref="SignalException">Refused; nothing changed.</exception>
    public byte[] Decrypt(Jid group, Jid sender, ReadOnlySpan<byte> message)
    {
        var decrypted = SenderKeyCipher.Decrypt(_others.GetValueOrDefault((group, sender), SenderKeyRecord.Empty), message);
        _others[(group, sender)] = decrypted.Next;
        return MessagePadding.Unpad(decrypted.Plaintext).ToArray();
    }

    /// <summary>Forgets every key others gave in a group: they must be asked for again.</summary>
    public void Lose(Jid group)
    {
        foreach (var key in _others.Keys.Where(key => key.Group == group).ToArray())
            _others.Remove(key);
    }
}
