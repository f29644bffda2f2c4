using BenchmarkDotNet.Attributes;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Benchmarks;

/// <summary>
/// A 1:1 message through the double ratchet. Records are immutable, so each call repeats the same step:
/// on a running chain (the common case), with a new ratchet key (the first message after an answer) and as pkmsg.
/// </summary>
public class SignalBenchmarks
{
    private readonly LocalIdentity _alice = new(KeyPair.Generate(), 1), _bob = new(KeyPair.Generate(), 2);
    private readonly byte[] _plaintext = new byte[160];
    private SessionRecord _aliceRecord = SessionRecord.Empty, _bobRecord = SessionRecord.Empty, _bobBeforeStep = SessionRecord.Empty;
    private PreKeyBundle? _bundle;
    private SignedPreKey? _signed;
    private PreKey? _oneTime;
    private byte[] _first = [], _onChain = [], _withNewRatchetKey = [], _stored = [];

    [GlobalSetup]
    public void Talk()
    {
        _signed = PreKeys.NewSigned(1, _bob.IdentityKey);
        _oneTime = PreKeys.NewOneTime(1, 1)[0];
        _bundle = new PreKeyBundle(2, _bob.IdentityKey.PublicKey, 1, _signed.Keys.PublicKey, _signed.Signature, 1, _oneTime.Keys.PublicKey);

        var first = SessionCipher.Encrypt(StartSession(), _alice, _plaintext);
        _first = first.Ciphertext;
        var answer = SessionCipher.Encrypt(DecryptFirst().Next, _bob, _plaintext);
        _bobBeforeStep = answer.Next;
        _aliceRecord = SessionCipher.DecryptMessage(first.Next, _alice, answer.Ciphertext).Next;

        var second = SessionCipher.Encrypt(_aliceRecord, _alice, _plaintext);
        _withNewRatchetKey = second.Ciphertext;
        _bobRecord = SessionCipher.DecryptMessage(_bobBeforeStep, _bob, _withNewRatchetKey).Next;
        _onChain = SessionCipher.Encrypt(second.Next, _alice, _plaintext).Ciphertext;
        _stored = _bobRecord.Serialize();
    }

    [Benchmark(Description = "Session from a bundle (X3DH, initiator)")]
    public SessionRecord StartSession() => SessionBuilder.ProcessBundle(SessionRecord.Empty, _alice, _bundle!);

    [Benchmark(Description = "Decrypt the first pkmsg (X3DH, responder)")]
    public Decrypted DecryptFirst() => SessionCipher.DecryptPreKeyMessage(SessionRecord.Empty, _bob, _first, _ => _signed, _ => _oneTime);

    [Benchmark(Description = "Encrypt 160 bytes")]
    public Encrypted Encrypt() => SessionCipher.Encrypt(_aliceRecord, _alice, _plaintext);

    [Benchmark(Description = "Decrypt 160 bytes on a running chain")]
    public Decrypted Decrypt() => SessionCipher.DecryptMessage(_bobRecord, _bob, _onChain);

    [Benchmark(Description = "Decrypt 160 bytes with a new ratchet key")]
    public Decrypted DecryptWithStep() => SessionCipher.DecryptMessage(_bobBeforeStep, _bob, _withNewRatchetKey);

    [Benchmark(Description = "Store a session record")]
    public byte[] Serialize() => _bobRecord.Serialize();

    [Benchmark(Description = "Load a session record")]
    public SessionRecord Deserialize() => SessionRecord.Deserialize(_stored);
}
