using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox.Stanzas;

namespace WhatsApp.Sandbox.Phones;

/// <summary>
/// The phone's ratchets, one per device and address form, so that also old clients that know no LIDs find their session. What arrives is
/// tried with the session of its own form first, then with the other form's: clients that follow wire/03 §8 keep one for both.
/// </summary>
internal sealed class PhoneSessions(PhoneKeys keys)
{
    private readonly Dictionary<Jid, SessionRecord> _records = [];

    public bool Has(Jid address) => _records.TryGetValue(address, out var record) && record.HasCurrent;

    public uint? RemoteRegistrationId(Jid address) => _records.GetValueOrDefault(address) is { HasCurrent: true } record ? record.RemoteRegistrationId : null;

    public byte[]? BaseKey(Jid address) => _records.GetValueOrDefault(address)?.BaseKey;

    public void Forget(Jid address) => _records.Remove(address);

    /// <summary>Installs a session from a bundle; an older one goes to the archive.</summary>
    /// <exception cref="SignalException">The bundle's signature does not hold.</exception>
    public void Install(Jid address, PreKeyBundle bundle) =>
        _records[address] = SessionBuilder.ProcessBundle(_records.GetValueOrDefault(address, SessionRecord.Empty), keys.Local, bundle);

    /// <summary><c>&lt;enc v="2" type&gt;…&lt;/enc&gt;</c> for one device.</summary>
    public Node Encrypt(Jid address, ReadOnlySpan<byte> plaintext, string? mediaType = null, int? count = null)
    {
        var encrypted = SessionCipher.Encrypt(_records[address], keys.Local, MessagePadding.Pad(plaintext));
        _records[address] = encrypted.Next;
        return new Node("enc",
            [("v", "2"), ("type", encrypted.Type == CiphertextType.PkMsg ? "pkmsg" : "msg"), ("mediatype", mediaType),
             ("count", count?.ToString(System.Globalization.CultureInfo.InvariantCulture))],
            (ReadOnlyMemory<byte>)encrypted.Ciphertext);
    }

    /// <summary>Decrypts and unpads; the remote identity comes with it.</summary>
    /// <exception cref="SignalException">No session takes it; nothing changed.</exception>
    public (byte[] Plaintext, byte[] RemoteIdentity) Decrypt(Jid address, Jid? other, string type, ReadOnlySpan<byte> ciphertext)
    {
        SignalException? first = null;
        foreach (var candidate in Candidates(address, other, type, ciphertext))
        {
            try
            {
                var record = _records.GetValueOrDefault(candidate, SessionRecord.Empty);
                var decrypted = type == "pkmsg"
                    ? SessionCipher.DecryptPreKeyMessage(record, keys.Local, ciphertext, keys.FindSigned, keys.FindOneTime)
                    : SessionCipher.DecryptMessage(record, keys.Local, ciphertext);
                _records[candidate] = decrypted.Next;
                if (decrypted.UsedPreKeyId is { } used)
                    keys.Forget(used);
                return (MessagePadding.Unpad(decrypted.Plaintext).ToArray(), decrypted.RemoteIdentity);
            }
            catch (DuplicateMessageException)
            {
                throw;
            }
            catch (SignalException refused)
            {
                first ??= refused;
            }
        }
        throw first ?? new SignalException(RetryReason.NoSession, "no session");
    }

    private List<Jid> Candidates(Jid address, Jid? other, string type, ReadOnlySpan<byte> ciphertext)
    {
        var candidates = new List<Jid> { address };
        if (other is { } alternative && _records.ContainsKey(alternative))
            candidates.Add(alternative);
        if (type != "pkmsg")
        {
            candidates.RemoveAll(candidate => !_records.ContainsKey(candidate));
            return candidates;
        }
        // The same session may be known under the other form: its base key says so.
        var baseKey = PreKeyMessageHeader.Read(ciphertext).BaseKey;
        return [.. candidates.OrderByDescending(candidate => BaseKey(candidate) is { } known && known.AsSpan().SequenceEqual(baseKey))];
    }

    /// <summary>Reads a bundle of wire/04 §2.3 or the keys of a retry receipt; null when something is missing.</summary>
    public static PreKeyBundle? ReadBundle(Node node, uint? registration)
    {
        var skey = node.Child("skey");
        var key = node.Child("key");
        if (KeyBytes.Exactly(node.Child("identity"), 32) is not { } identity || registration is not { } registrationId
            || KeyBytes.Number(skey?.Child("id")) is not { } signedId || KeyBytes.Exactly(skey?.Child("value"), 32) is not { } signed
            || KeyBytes.Exactly(skey?.Child("signature"), 64) is not { } signature)
            return null;
        return new PreKeyBundle(registrationId, identity, signedId, signed, signature,
            KeyBytes.Number(key?.Child("id")), KeyBytes.Exactly(key?.Child("value"), 32));
    }
}
