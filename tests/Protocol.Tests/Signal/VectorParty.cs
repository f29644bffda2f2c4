using System.Text.Json;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Signal;

/// <summary>A party of x3dh-ratchet.json or malformed-signal.json: its keys, its ephemerals as a queue, its session with every other party.</summary>
internal sealed class VectorParty : IKeyPairSource
{
    private readonly Queue<KeyPair> _ephemerals;
    private readonly Dictionary<uint, PreKey> _oneTime;
    private readonly SignedPreKey _signed;

    public VectorParty(JsonElement json)
    {
        Name = json.GetProperty("name").GetString()!;
        Local = new LocalIdentity(Pair(json.GetProperty("identity")), json.GetProperty("registrationId").GetUInt32());
        var signed = json.GetProperty("signedPreKey");
        _signed = new SignedPreKey(signed.GetProperty("id").GetUInt32(), Pair(signed), signed.Hex("signature"));
        _oneTime = json.GetProperty("oneTimePreKeys").EnumerateArray().Select(key => new PreKey(key.GetProperty("id").GetUInt32(), Pair(key))).ToDictionary(key => key.Id);
        _ephemerals = new(json.GetProperty("ephemeralKeysInOrderOfUse").EnumerateArray().Select(Pair));
    }

    public string Name { get; }
    public LocalIdentity Local { get; }
    public Dictionary<string, SessionRecord> Sessions { get; } = [];
    public int EphemeralsLeft => _ephemerals.Count;
    public int OneTimeKeysLeft => _oneTime.Count;

    public SessionRecord SessionWith(string peer) => Sessions.GetValueOrDefault(peer, SessionRecord.Empty);

    /// <summary>
    /// The program behind the vectors draws a pair also for a state that then refuses the message, and throws it away; we draw none before
    /// the MAC fits. So pairs before the one that the state after the step shows are dropped.
    /// </summary>
    public void SkipDiscarded(byte[] serializedRatchetKey)
    {
        var place = _ephemerals.ToList().FindIndex(pair => Curve25519.Serialize(pair.PublicKey).AsSpan().SequenceEqual(serializedRatchetKey));
        for (; place > 0; place--)
            _ephemerals.Dequeue();
    }

    KeyPair IKeyPairSource.Next() => _ephemerals.Dequeue();

    public void Process(string peer, JsonElement bundle) => Keep(peer, SessionBuilder.ProcessBundle(SessionWith(peer), Local, Bundle(bundle), this));

    public Encrypted Encrypt(string peer, byte[] plaintext)
    {
        var encrypted = SessionCipher.Encrypt(SessionWith(peer), Local, plaintext);
        Keep(peer, encrypted.Next);
        return encrypted;
    }

    /// <summary>Decrypts and commits, the way a host does: session and pre-key deletion together.</summary>
    public Decrypted Decrypt(string peer, string type, byte[] ciphertext)
    {
        var decrypted = type == "pkmsg"
            ? SessionCipher.DecryptPreKeyMessage(SessionWith(peer), Local, ciphertext, id => id == _signed.Id ? _signed : null, _oneTime.GetValueOrDefault, this)
            : SessionCipher.DecryptMessage(SessionWith(peer), Local, ciphertext, this);
        Keep(peer, decrypted.Next);
        if (decrypted.UsedPreKeyId is { } used)
            Assert.True(_oneTime.Remove(used));
        return decrypted;
    }

    public static PreKeyBundle Bundle(JsonElement json)
    {
        var signed = json.GetProperty("signedPreKey");
        var hasOneTime = json.TryGetProperty("oneTimePreKey", out var oneTime) && oneTime.ValueKind == JsonValueKind.Object;
        return new(json.GetProperty("registrationId").GetUInt32(), json.Hex("identity"), signed.GetProperty("id").GetUInt32(), signed.Hex("pub"), signed.Hex("signature"),
            hasOneTime ? oneTime.GetProperty("id").GetUInt32() : null, hasOneTime ? oneTime.Hex("pub") : null);
    }

    public static KeyPair Pair(JsonElement json)
    {
        var pair = KeyPair.FromPrivate(json.Hex("priv"));
        Assert.Equal(json.Hex("pub"), pair.PublicKey);
        return pair;
    }

    // Every step goes through storage, so that the vectors prove the storage format too.
    private void Keep(string peer, SessionRecord record) => Sessions[peer] = SessionRecord.Deserialize(record.Serialize());
}
