using CsCheck;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Tests.Signal;

public sealed class HostileSignalInputTests
{
    private static readonly Gen<byte[]> Noise = Gen.Byte.Array[0, 300];
    private static readonly Gen<(int Place, byte Value, int Cut)[]> Edits = Gen.Select(Gen.Int[0, 10_000], Gen.Byte, Gen.Int[0, 40]).Array[1, 4];

    [Fact]
    public void Random_bytes_are_refused_with_a_signal_exception()
    {
        var (alice, _) = TestParty.Connected();
        Noise.Sample(bytes =>
        {
            OnlySignalException(() => alice.Try(CiphertextType.Msg, bytes));
            OnlySignalException(() => alice.Try(CiphertextType.PkMsg, bytes));
            OnlySignalException(() => alice.Try(CiphertextType.Msg, [0x33, .. bytes]));
            OnlySignalException(() => alice.Try(CiphertextType.PkMsg, [0x33, .. bytes]));
            OnlySignalException(() => SessionRecord.Deserialize(bytes));
            OnlySignalException(() => SessionRecord.Deserialize([1, 1, .. bytes]));
        }, iter: 2_000);
    }

    [Fact]
    public void Damaged_messages_are_refused_with_a_signal_exception()
    {
        var (alice, bob) = TestParty.Connected();
        var msg = alice.Encrypt([1, 2, 3]).Ciphertext;
        alice.Process(bob.HandOutBundle());
        var pkmsg = alice.Encrypt([1, 2, 3]).Ciphertext;
        var before = bob.Record.Serialize();
        Edits.Sample(edits =>
        {
            Refused(CiphertextType.Msg, msg, edits);
            Refused(CiphertextType.PkMsg, pkmsg, edits);
        }, iter: 2_000);
        Assert.Equal(before, bob.Record.Serialize());
        Assert.Equal([1, 2, 3], bob.Decrypt(CiphertextType.Msg, msg));
        Assert.Equal([1, 2, 3], bob.Decrypt(CiphertextType.PkMsg, pkmsg));

        // The outer fields of a pkmsg that no MAC covers (the registration id) may change and still decrypt to the same text.
        void Refused(CiphertextType type, byte[] genuine, (int, byte, int)[] edits) =>
            OnlySignalException(() => Assert.Equal([1, 2, 3], bob.Try(type, Damage(genuine, edits)).Plaintext));
    }

    [Fact]
    public void A_damaged_record_is_refused_or_stays_a_record()
    {
        var (alice, bob) = TestParty.Connected();
        alice.Encrypt([1]);
        bob.Decrypt(alice.Encrypt([2]));
        bob.Process(alice.HandOutBundle());
        var genuine = bob.Record.Serialize();
        Edits.Sample(edits =>
        {
            var damaged = Damage(genuine, edits);
            OnlySignalException(() => Assert.Equal(damaged, SessionRecord.Deserialize(damaged).Serialize()));
        }, iter: 5_000);
        Assert.All(Enumerable.Range(0, genuine.Length), length =>
            Assert.Equal(RetryReason.InvalidSession, Assert.Throws<SignalException>(() => SessionRecord.Deserialize(genuine.AsSpan(0, length))).Reason));
    }

    [Fact]
    public void A_length_that_promises_more_than_there_is_allocates_nothing()
    {
        byte[] message = [0x33, 0x22, 0xFF, 0xFF, 0xFF, 0xFF, 0x07, .. new byte[20]];
        byte[] record = [1, 1, 40, .. new byte[210]];
        var (alice, _) = TestParty.Connected();
        var before = GC.GetAllocatedBytesForCurrentThread();
        OnlySignalException(() => alice.Try(CiphertextType.Msg, message));
        OnlySignalException(() => alice.Try(CiphertextType.PkMsg, message));
        OnlySignalException(() => SessionRecord.Deserialize(record));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 200_000);
    }

    [Fact]
    public void Unknown_fields_are_skipped_and_groups_refused()
    {
        var (alice, bob) = TestParty.Connected();
        var (first, second) = (alice.Encrypt([1]).Ciphertext, alice.Encrypt([2]).Ciphertext);
        // Field 9 of every wire type, put before the ones we know: the parse succeeds, only the MAC refuses.
        foreach (byte[] field in new byte[][] { [0x48, 0x96, 0x01], [0x49, .. new byte[8]], [0x4A, 0x02, 1, 2], [0x4D, .. new byte[4]] })
            Assert.Equal(RetryReason.BadMac, Reason([first[0], .. field, .. first[1..]]));
        // Groups, field number 0, an over-long varint, and a known field of another type.
        foreach (byte[] field in new byte[][] { [0x4B, 0x4C], [0x02, 0x00], [0x48, .. Enumerable.Repeat((byte)0xFF, 10), 0x01], [0x12, 0x00], [0x08, 0x00] })
            Assert.Equal(RetryReason.InvalidMessage, Reason([second[0], .. field, .. second[1..]]));

        RetryReason Reason(byte[] bytes) => Assert.Throws<SignalException>(() => bob.Try(CiphertextType.Msg, bytes)).Reason;
    }

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
