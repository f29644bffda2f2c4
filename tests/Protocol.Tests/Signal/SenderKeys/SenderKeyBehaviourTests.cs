using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;

namespace WhatsApp.Protocol.Tests.Signal.SenderKeys;

public sealed class SenderKeyBehaviourTests
{
    [Fact]
    public void Whoever_gets_the_key_reads_from_then_on_and_nothing_before()
    {
        var ana = new GroupSender();
        var early = ana.Encrypt([1]);
        var bia = SenderKeyDistribution.Process(SenderKeyRecord.Empty, ana.Distribution());
        var first = ana.Encrypt([2]);

        Assert.Equal(RetryReason.InvalidMessageKey, Refused(bia, early).Reason);
        Assert.Equal([2], SenderKeyCipher.Decrypt(bia, first).Plaintext);
    }

    [Fact]
    public void A_message_reads_once_and_its_repetition_is_a_duplicate()
    {
        var (ana, bia) = Pair();
        var message = ana.Encrypt([1]);
        bia = SenderKeyCipher.Decrypt(bia, message).Next;
        Assert.IsType<DuplicateMessageException>(Refused(bia, message));
    }

    [Fact]
    public void The_same_key_again_does_not_wind_the_chain_back_nor_lose_skipped_messages()
    {
        var (ana, bia) = Pair();
        var old = ana.Distribution();
        var late = ana.Encrypt([1]);
        bia = SenderKeyCipher.Decrypt(bia, ana.Encrypt([2])).Next;

        Assert.Same(bia, SenderKeyDistribution.Process(bia, old));
        Assert.Same(bia, SenderKeyDistribution.Process(bia, ana.Distribution()));
        Assert.Equal([1], SenderKeyCipher.Decrypt(bia, late).Plaintext);
    }

    [Fact]
    public void A_key_id_with_another_signing_key_replaces_the_old_one()
    {
        var (ana, bia) = Pair();
        var other = new SenderKeyRecord([SenderKeyState.New() with { KeyId = ana.Record.KeyId!.Value }]);
        bia = SenderKeyDistribution.Process(bia, SenderKeyDistribution.Create(other));

        Assert.Single(bia.States);
        Assert.Equal([9], SenderKeyCipher.Decrypt(bia, SenderKeyCipher.Encrypt(other, [9]).Ciphertext).Plaintext);
        Assert.Equal(RetryReason.InvalidSignature, Refused(bia, ana.Encrypt([1])).Reason);
    }

    [Fact]
    public void After_a_rotation_the_old_key_is_of_no_use_and_earlier_messages_still_read()
    {
        var (ana, bia) = Pair();
        var late = ana.Encrypt([1]);
        ana.Rotate();
        var fresh = ana.Encrypt([2]);

        Assert.Equal(RetryReason.NoSession, Refused(bia, fresh).Reason);
        var told = SenderKeyDistribution.Process(bia, ana.DistributionBefore);
        Assert.Equal([2], SenderKeyCipher.Decrypt(told, fresh).Plaintext);
        Assert.Equal([1], SenderKeyCipher.Decrypt(told, late).Plaintext);
    }

    [Fact]
    public void Five_keys_of_a_sender_are_kept_and_the_oldest_goes_first()
    {
        var ana = new GroupSender();
        var bia = SenderKeyRecord.Empty;
        var messages = new List<byte[]>();
        for (byte i = 0; i < 6; i++, ana.Rotate())
        {
            bia = SenderKeyDistribution.Process(bia, ana.Distribution());
            messages.Add(ana.Encrypt([i]));
        }
        Assert.Equal(5, bia.States.Length);
        Assert.Equal(RetryReason.NoSession, Refused(bia, messages[0]).Reason);
        Assert.All(messages[1..], message => Assert.Single(SenderKeyCipher.Decrypt(bia, message).Plaintext));
    }

    [Fact]
    public void A_jump_of_25000_messages_is_followed_and_one_more_is_not()
    {
        var (ana, bia) = Pair();
        ana.Skip(25_000);
        var reachable = ana.Encrypt([1]);
        var tooFar = ana.Encrypt([2]);

        Assert.Equal(RetryReason.FutureMessage, Refused(bia, tooFar).Reason);
        bia = SenderKeyCipher.Decrypt(bia, reachable).Next;
        Assert.Equal(2_000, bia.States[0].Messages.Skipped.Count);
        Assert.Equal([2], SenderKeyCipher.Decrypt(bia, tooFar).Plaintext);
    }

    [Fact]
    public void A_receiver_that_missed_more_than_it_can_follow_goes_on_with_the_next_distribution()
    {
        var (ana, bia) = Pair();
        var skipped = ana.Encrypt([1]);
        bia = SenderKeyCipher.Decrypt(bia, ana.Encrypt([2])).Next;
        var lost = ana.Encrypt([3]);
        ana.Skip(25_001);
        bia = SenderKeyDistribution.Process(bia, ana.Distribution());

        Assert.Equal([4], SenderKeyCipher.Decrypt(bia, ana.Encrypt([4])).Plaintext);
        Assert.Equal([1], SenderKeyCipher.Decrypt(bia, skipped).Plaintext);
        Assert.Equal(RetryReason.InvalidMessageKey, Refused(bia, lost).Reason);
    }

    [Fact]
    public void The_last_iteration_of_all_is_refused_without_derivation_and_cannot_be_sent()
    {
        var end = GroupSender.At(uint.MaxValue);
        Assert.Equal(RetryReason.InvalidSession, Assert.Throws<SignalException>(() => SenderKeyCipher.Encrypt(end, [1])).Reason);

        var ana = new GroupSender();
        var receiver = SenderKeyDistribution.Process(SenderKeyRecord.Empty, ana.Distribution());
        Assert.Equal(RetryReason.FutureMessage, Refused(receiver, ana.Forge(uint.MaxValue)).Reason);
    }

    [Fact]
    public void A_signed_message_with_a_broken_body_changes_nothing()
    {
        var (ana, bia) = Pair();
        var before = bia.Serialize();
        Assert.Equal(RetryReason.InvalidMessage, Refused(bia, ana.Forge(0)).Reason);
        Assert.Equal(before, bia.Serialize());
        Assert.Equal([1], SenderKeyCipher.Decrypt(bia, ana.Encrypt([1])).Plaintext);
    }

    [Fact]
    public void A_raw_signing_key_is_accepted_and_other_lengths_are_not()
    {
        var ana = new GroupSender();
        var distribution = ana.Distribution();
        byte[] raw = [.. distribution[..^35], 0x22, 32, .. distribution[^32..]];
        Assert.Equal([7], SenderKeyCipher.Decrypt(SenderKeyDistribution.Process(SenderKeyRecord.Empty, raw), ana.Encrypt([7])).Plaintext);

        byte[] tooShort = [.. distribution[..^35], 0x22, 31, .. distribution[^31..]];
        Assert.Equal(RetryReason.InvalidKey, Assert.Throws<SignalException>(() => SenderKeyDistribution.Process(SenderKeyRecord.Empty, tooShort)).Reason);
    }

    [Fact]
    public void Nobody_can_put_a_key_into_our_own_record_and_only_ours_encrypts()
    {
        var (ana, bia) = Pair();
        Assert.Throws<SignalException>(() => SenderKeyDistribution.Process(ana.Record, new GroupSender().Distribution()));
        Assert.Equal(RetryReason.NoSession, Assert.Throws<SignalException>(() => SenderKeyCipher.Encrypt(bia, [1])).Reason);
        Assert.Throws<SignalException>(() => SenderKeyDistribution.Create(bia));
        Assert.False(bia.IsOwn);
        Assert.True(ana.Record.IsOwn);
    }

    [Fact]
    public void A_full_record_stays_under_400_kilobytes()
    {
        var entries = new byte[2_000 * SkippedKeys.EntrySize];
        for (var i = 0; i < 2_000; i++)
            SkippedKeys.WriteCounter(entries.AsSpan(i * SkippedKeys.EntrySize), (uint)i);
        var chain = new MessageChain(new byte[32], 2_001, new SkippedKeys(entries));
        var record = SenderKeyRecord.Empty;
        for (uint id = 1; id <= 7; id++)
            record = record.Install(new SenderKeyState(id, KeyPair.Generate().PublicKey, null, 0, chain));
        Assert.InRange(record.Serialize().Length, 360_000, 400_000);
        Assert.Equal(record.Serialize(), SenderKeyRecord.Deserialize(record.Serialize()).Serialize());
    }

    private static (GroupSender, SenderKeyRecord) Pair()
    {
        var ana = new GroupSender();
        return (ana, SenderKeyDistribution.Process(SenderKeyRecord.Empty, ana.Distribution()));
    }

    private static SignalException Refused(SenderKeyRecord record, byte[] message) => Assert.ThrowsAny<SignalException>(() => SenderKeyCipher.Decrypt(record, message));
}
