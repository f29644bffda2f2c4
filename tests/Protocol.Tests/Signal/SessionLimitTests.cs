using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Tests.Signal;

public sealed class SessionLimitTests
{
    [Fact]
    public void A_jump_of_25000_messages_is_followed_and_one_more_is_not()
    {
        var (alice, bob) = TestParty.Connected();
        var messages = Enumerable.Range(0, 25_002).Select(i => Send(alice, i)).ToArray();

        Assert.Equal(RetryReason.FutureMessage, Assert.Throws<SignalException>(() => bob.Decrypt(messages[25_001])).Reason);
        Assert.Equal(BitConverter.GetBytes(25_000), bob.Decrypt(messages[25_000]));
        Assert.Equal(BitConverter.GetBytes(25_001), bob.Decrypt(messages[25_001]));
    }

    [Fact]
    public void The_newest_2000_skipped_keys_are_kept_and_older_ones_count_as_used()
    {
        var (alice, bob) = TestParty.Connected();
        var messages = Enumerable.Range(0, 2_102).Select(i => Send(alice, i)).ToArray();
        bob.Decrypt(messages[50]);
        bob.Decrypt(messages[2_101]);

        var chain = bob.Record.Current!.Receiving[^1];
        Assert.Equal(2_000, chain.Messages.Skipped.Count);
        Assert.Throws<DuplicateMessageException>(() => bob.Decrypt(messages[49]));
        Assert.Throws<DuplicateMessageException>(() => bob.Decrypt(messages[100]));
        Assert.Equal(BitConverter.GetBytes(101), bob.Decrypt(messages[101]));
        Assert.Equal(BitConverter.GetBytes(2_100), bob.Decrypt(messages[2_100]));
        Assert.Equal(1_998, bob.Record.Current!.Receiving[^1].Messages.Skipped.Count);
    }

    [Fact]
    public void Five_receiving_chains_are_kept()
    {
        var (alice, bob) = TestParty.Connected();
        var late = new List<Encrypted>();
        for (byte round = 0; round < 8; round++)
        {
            late.Add(alice.Encrypt([round]));
            bob.Decrypt(alice.Encrypt([round]));
            alice.Decrypt(bob.Encrypt([round]));
        }
        Assert.Equal(5, bob.Record.Current!.Receiving.Length);
        Assert.All(late[..3], message => Assert.Equal(RetryReason.BadMac, Assert.Throws<SignalException>(() => bob.Decrypt(message)).Reason));
        Assert.All(late[3..], message => Assert.Single(bob.Decrypt(message)));
    }

    [Fact]
    public void Forty_states_are_archived_and_the_oldest_goes_first()
    {
        var (alice, bob) = TestParty.Connected();
        var ofTheFirst = alice.Encrypt([1]);
        var ofTheNext = new List<Encrypted>();
        for (var i = 0; i < 41; i++)
        {
            alice.Process(bob.HandOutBundle());
            bob.Decrypt(alice.Encrypt([1]));
            ofTheNext.Add(alice.Encrypt([2]));
        }
        Assert.Equal(40, bob.Record.Archive.Length);
        Assert.Equal(40, alice.Record.Archive.Length);
        Assert.Equal(RetryReason.BadMac, Assert.Throws<SignalException>(() => bob.Decrypt(ofTheFirst)).Reason);
        Assert.Equal([2], bob.Decrypt(ofTheNext[0]));
        Assert.Equal(40, bob.Record.Archive.Length);
    }

    [Fact]
    public void The_last_counter_of_all_costs_no_derivation()
    {
        var (alice, bob) = TestParty.Connected();
        foreach (var ratchetKey in new[] { alice.Record.Current!.Sending.Ratchet.PublicKey, KeyPair.Generate().PublicKey })
        {
            var bytes = new byte[WhisperMessage.SizeOf(uint.MaxValue, 0, 16)];
            WhisperMessage.Write(bytes, ratchetKey, uint.MaxValue, 0, 16);
            var steps = SignalLimits.ChainStepsPerMessage;
            var refusal = bob.Record.Current!.Decrypt(bob.Local, WhisperMessage.Read(bytes), ref steps, RandomKeyPairs.Instance, out var next, out _);
            Assert.Equal(Refusal.TooFar, refusal);
            Assert.Equal(SignalLimits.ChainStepsPerMessage, steps);
            Assert.Same(bob.Record.Current, next);
        }
    }

    [Fact]
    public void A_forged_message_cannot_make_every_archived_state_follow_a_full_jump()
    {
        var (_, bob) = TestParty.Connected();
        var bytes = new byte[WhisperMessage.SizeOf(25_000, 0, 16)];
        WhisperMessage.Write(bytes, KeyPair.Generate().PublicKey, 25_000, 0, 16);
        var steps = SignalLimits.ChainStepsPerMessage;
        var refusals = Enumerable.Range(0, 4)
            .Select(_ => bob.Record.Current!.Decrypt(bob.Local, WhisperMessage.Read(bytes), ref steps, RandomKeyPairs.Instance, out SessionState _, out byte[] _))
            .ToArray();
        Assert.Equal([Refusal.BadMac, Refusal.BadMac, Refusal.TooFar, Refusal.TooFar], refusals);
        Assert.Equal(0u, steps);
    }

    [Fact]
    public void A_record_stays_under_a_megabyte_whatever_the_peer_skips()
    {
        var (alice, _) = TestParty.Connected();
        var record = alice.Record;
        for (var i = 0; i < 45; i++)
            record = record.Install(Full(alice.Record.Current!));
        Assert.Equal(40, record.Archive.Length);
        Assert.Equal(10_000, record.Current!.SkippedKeyCount);
        Assert.Equal(10_000, record.Archive[0].SkippedKeyCount);
        Assert.Equal(0, record.Archive[1..].Sum(state => state.SkippedKeyCount));
        Assert.InRange(record.Serialize().Length, 720_000, 1_000_000);
        Assert.Equal(record.Serialize(), SessionRecord.Deserialize(record.Serialize()).Serialize());
    }

    private static SessionState Full(SessionState state)
    {
        var entries = new byte[2_000 * SkippedKeys.EntrySize];
        for (var i = 0; i < 2_000; i++)
            SkippedKeys.WriteCounter(entries.AsSpan(i * SkippedKeys.EntrySize), (uint)i);
        return state with { Receiving = [.. Enumerable.Range(0, 5).Select(_ => state.Receiving[^1] with { Messages = new MessageChain(new byte[32], 2_001, new SkippedKeys(entries)) })] };
    }

    private static Encrypted Send(TestParty party, int number) => party.Encrypt(BitConverter.GetBytes(number));
}
