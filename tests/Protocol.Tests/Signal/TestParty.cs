using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Tests.Signal;

/// <summary>A device with random keys, one peer, and a store that goes through the storage format.</summary>
internal sealed class TestParty
{
    private readonly Dictionary<uint, PreKey> _oneTime = [];
    private readonly SignedPreKey _signed;
    private uint _nextPreKeyId = 1;

    public TestParty() => _signed = PreKeys.NewSigned(1, Local.IdentityKey);

    public LocalIdentity Local { get; } = NewIdentity();
    public SessionRecord Record { get; private set; } = SessionRecord.Empty;
    public int OneTimeKeysLeft => _oneTime.Count;

    public static LocalIdentity NewIdentity() => new(KeyPair.Generate(), PreKeys.NewRegistrationId());

    /// <summary>What the server would hand out: a one-time key nobody else gets, or none.</summary>
    public PreKeyBundle HandOutBundle(bool withOneTimeKey = true)
    {
        PreKey? oneTime = null;
        if (withOneTimeKey)
        {
            oneTime = PreKeys.NewOneTime(_nextPreKeyId, 1)[0];
            _nextPreKeyId = PreKeys.NextId(_nextPreKeyId);
            _oneTime.Add(oneTime.Id, oneTime);
        }
        return new(Local.RegistrationId, Local.IdentityKey.PublicKey, _signed.Id, _signed.Keys.PublicKey, _signed.Signature, oneTime?.Id, oneTime?.Keys.PublicKey);
    }

    public void Process(PreKeyBundle bundle) => Store(SessionBuilder.ProcessBundle(Record, Local, bundle));

    public Encrypted Encrypt(byte[] plaintext)
    {
        var encrypted = SessionCipher.Encrypt(Record, Local, plaintext);
        Store(encrypted.Next);
        return encrypted;
    }

    public byte[] Decrypt(Encrypted message) => Decrypt(message.Type, message.Ciphertext);

    public byte[] Decrypt(CiphertextType type, byte[] ciphertext)
    {
        var decrypted = Try(type, ciphertext);
        Store(decrypted.Next);
        if (decrypted.UsedPreKeyId is { } used)
            Assert.True(_oneTime.Remove(used));
        return decrypted.Plaintext;
    }

    /// <summary>Decrypts without committing.</summary>
    public Decrypted Try(CiphertextType type, byte[] ciphertext) => type == CiphertextType.PkMsg
        ? SessionCipher.DecryptPreKeyMessage(Record, Local, ciphertext, id => id == _signed.Id ? _signed : null, _oneTime.GetValueOrDefault)
        : SessionCipher.DecryptMessage(Record, Local, ciphertext);

    /// <summary>Two parties whose first messages went both ways.</summary>
    public static (TestParty Alice, TestParty Bob) Connected()
    {
        var (alice, bob) = (new TestParty(), new TestParty());
        alice.Process(bob.HandOutBundle());
        bob.Decrypt(alice.Encrypt([1]));
        alice.Decrypt(bob.Encrypt([2]));
        return (alice, bob);
    }

    public void Store(SessionRecord record) => Record = SessionRecord.Deserialize(record.Serialize());
}
