using CsCheck;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;

namespace WhatsApp.Protocol.Tests.Signal.SenderKeys;

public sealed class HostileSenderKeyTests
{
    private static readonly Gen<byte[]> Noise = Gen.Byte.Array[0, 300];
    private static readonly Gen<(int Place, byte Value, int Cut)[]> Edits = Gen.Select(Gen.Int[0, 10_000], Gen.Byte, Gen.Int[0, 40]).Array[1, 4];

    [Fact]
    public void Random_bytes_are_refused_with_a_signal_exception() => Noise.Sample(bytes =>
    {
        foreach (byte[] input in new byte[][] { bytes, [0x33, .. bytes], [1, .. bytes], [1, 1, .. bytes] })
        {
            Assert.ThrowsAny<SignalException>(() => SenderKeyCipher.Decrypt(_known, input));
            OnlySignalException(() => SenderKeyDistribution.Process(_known, input));
            OnlySignalException(() => SenderKeyRecord.Deserialize(input));
        }
    }, iter: 2_000);

    [Fact]
    public void A_damaged_message_is_refused_and_never_read_as_another_text()
    {
        var ana = new GroupSender();
        var bia = SenderKeyDistribution.Process(SenderKeyRecord.Empty, ana.Distribution());
        var genuine = ana.Encrypt([1, 2, 3]);
        Edits.Sample(edits => OnlySignalException(() => Assert.Equal([1, 2, 3], SenderKeyCipher.Decrypt(bia, Damage(genuine, edits)).Plaintext)), iter: 2_000);
    }

    [Fact]
    public void A_damaged_distribution_is_refused_or_gives_a_record_that_can_be_stored()
    {
        var genuine = new GroupSender().Distribution();
        Edits.Sample(edits => OnlySignalException(() =>
        {
            var record = SenderKeyDistribution.Process(_known, Damage(genuine, edits)).Serialize();
            Assert.Equal(record, SenderKeyRecord.Deserialize(record).Serialize());
        }), iter: 2_000);
    }

    [Fact]
    public void A_damaged_record_is_refused_or_stays_a_record()
    {
        var ana = new GroupSender();
        var bia = SenderKeyDistribution.Process(_known, ana.Distribution());
        ana.Encrypt([1]);
        var genuine = SenderKeyCipher.Decrypt(bia, ana.Encrypt([2])).Next.Serialize();
        Edits.Sample(edits =>
        {
            var damaged = Damage(genuine, edits);
            OnlySignalException(() => Assert.Equal(damaged, SenderKeyRecord.Deserialize(damaged).Serialize()));
        }, iter: 5_000);
        Assert.All(Enumerable.Range(0, genuine.Length), length =>
            Assert.Equal(RetryReason.InvalidSession, Assert.Throws<SignalException>(() => SenderKeyRecord.Deserialize(genuine.AsSpan(0, length))).Reason));
        Assert.Throws<SignalException>(() => SenderKeyRecord.Deserialize([.. genuine, 0]));
    }

    [Fact]
    public void A_message_signed_by_another_key_is_refused_before_its_iteration_is_looked_at()
    {
        var (ana, mallory) = (new GroupSender(), new GroupSender());
        var bia = SenderKeyDistribution.Process(SenderKeyRecord.Empty, ana.Distribution());
        var forged = mallory.Forge(30_000, keyId: ana.Record.KeyId);
        Assert.Equal(RetryReason.InvalidSignature, Assert.Throws<SignalException>(() => SenderKeyCipher.Decrypt(bia, forged)).Reason);
        Assert.Equal(0u, bia.Iteration);
    }

    private readonly SenderKeyRecord _known = SenderKeyDistribution.Process(SenderKeyRecord.Empty, new GroupSender().Distribution());

    private static byte[] Damage(byte[] genuine, (int Place, byte Value, int Cut)[] edits)
    {
        var damaged = genuine.ToList();
        foreach (var (place, value, cut) in edits)
        {
            if (damaged.Count == 0)
                break;
            var index = place % damaged.Count;
            if (cut == 0)
                damaged.RemoveRange(index, damaged.Count - index);
            else if (cut == 1)
                damaged.Insert(index, value);
            else
                damaged[index] ^= value;
        }
        return [.. damaged];
    }

    private static void OnlySignalException(Action action)
    {
        try
        {
            action();
        }
        catch (SignalException)
        {
            // Refused: what is asked for.
        }
    }
}
