using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Tests.Signal;

public sealed class SessionBehaviourTests
{
    [Fact]
    public void Messages_stay_pre_key_messages_until_the_first_answer()
    {
        var (alice, bob) = (new TestParty(), new TestParty());
        alice.Process(bob.HandOutBundle());
        Assert.Equal(CiphertextType.PkMsg, alice.Encrypt([1]).Type);
        var second = alice.Encrypt([2]);
        Assert.Equal(CiphertextType.PkMsg, second.Type);
        bob.Decrypt(second);
        alice.Decrypt(bob.Encrypt([3]));
        Assert.Equal(CiphertextType.Msg, alice.Encrypt([4]).Type);
    }

    [Fact]
    public void A_new_session_names_the_pre_key_to_delete_and_a_repeat_names_none()
    {
        var (alice, bob) = (new TestParty(), new TestParty());
        var bundle = bob.HandOutBundle();
        alice.Process(bundle);
        var (first, second) = (alice.Encrypt([1]), alice.Encrypt([2]));

        var header = PreKeyMessageHeader.Read(first.Ciphertext);
        Assert.Equal((bundle.PreKeyId, bundle.SignedPreKeyId, alice.Local.RegistrationId), (header.PreKeyId, header.SignedPreKeyId, header.RegistrationId));
        Assert.Equal(alice.Local.IdentityKey.PublicKey, header.IdentityKey);
        Assert.Equal(alice.Record.BaseKey, header.BaseKey);

        var opened = bob.Try(first.Type, first.Ciphertext);
        Assert.Equal((bundle.PreKeyId, true), (opened.UsedPreKeyId, opened.NewSession));
        bob.Decrypt(first);
        var repeated = bob.Try(second.Type, second.Ciphertext);
        Assert.Equal((null, false), (repeated.UsedPreKeyId, repeated.NewSession));
        Assert.Equal(alice.Local.RegistrationId, bob.Record.RemoteRegistrationId);
    }

    [Fact]
    public void A_bundle_without_a_one_time_key_gives_a_session_too()
    {
        var (alice, bob) = (new TestParty(), new TestParty());
        alice.Process(bob.HandOutBundle(withOneTimeKey: false));
        var message = alice.Encrypt([1, 2, 3]);
        Assert.Null(PreKeyMessageHeader.Read(message.Ciphertext).PreKeyId);
        Assert.Equal([1, 2, 3], bob.Decrypt(message));
    }

    [Fact]
    public void An_operation_leaves_the_record_it_was_given_untouched()
    {
        var (alice, bob) = TestParty.Connected();
        var message = alice.Encrypt([1]);
        var before = bob.Record.Serialize();
        var decrypted = bob.Try(message.Type, message.Ciphertext);
        SessionCipher.Encrypt(bob.Record, bob.Local, [1]);
        SessionBuilder.ProcessBundle(bob.Record, bob.Local, alice.HandOutBundle());
        Assert.Equal(before, bob.Record.Serialize());
        Assert.NotEqual(before, decrypted.Next.Serialize());
    }

    [Fact]
    public void A_known_base_key_under_another_identity_does_not_pass_as_the_known_session()
    {
        var (alice, bob) = (new TestParty(), new TestParty());
        alice.Process(bob.HandOutBundle());
        bob.Decrypt(alice.Encrypt([1]));
        var mallory = TestParty.NewIdentity();
        var genuine = alice.Encrypt([2]).Ciphertext;
        var forged = Replace(genuine, alice.Local.IdentityKey.PublicKey, mallory.IdentityKey.PublicKey);
        var error = Assert.Throws<SignalException>(() => bob.Decrypt(CiphertextType.PkMsg, forged));
        Assert.Equal(RetryReason.InvalidKeyId, error.Reason);
        Assert.Equal([2], bob.Decrypt(CiphertextType.PkMsg, genuine));
    }

    [Fact]
    public void Without_a_session_there_is_nothing_to_encrypt_or_decrypt_with()
    {
        var (alice, _) = TestParty.Connected();
        var stranger = new TestParty();
        var message = alice.Encrypt([1]);
        Assert.Equal(RetryReason.NoSession, Assert.Throws<SignalException>(() => stranger.Encrypt([1])).Reason);
        Assert.Equal(RetryReason.NoSession, Assert.Throws<SignalException>(() => stranger.Decrypt(message)).Reason);
        Assert.False(SessionRecord.Empty.HasCurrent);
        Assert.Null(SessionRecord.Empty.RemoteIdentity);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(5000)]
    [InlineData(100_000)]
    public void Plaintexts_of_any_length_come_back(int length)
    {
        var (alice, bob) = TestParty.Connected();
        var plaintext = new byte[length];
        Random.Shared.NextBytes(plaintext);
        Assert.Equal(plaintext, bob.Decrypt(alice.Encrypt(plaintext)));
    }

    [Fact]
    public void Bundles_with_bad_keys_are_refused()
    {
        var (alice, bob) = (new TestParty(), new TestParty());
        var bundle = bob.HandOutBundle();
        var zero = new byte[32];
        Refused(RetryReason.InvalidKey, bundle with { IdentityKey = new byte[31] });
        Refused(RetryReason.InvalidKey, bundle with { SignedPreKey = new byte[33] });
        Refused(RetryReason.InvalidKey, bundle with { PreKey = [] });
        Refused(RetryReason.InvalidKey, bundle with { PreKey = zero });
        Refused(RetryReason.InvalidKeyId, bundle with { PreKey = null });
        Refused(RetryReason.InvalidKeyId, bundle with { PreKeyId = null });
        Refused(RetryReason.InvalidSignature, bundle with { SignedPreKeySignature = [] });
        Refused(RetryReason.InvalidSignature, bundle with { IdentityKey = KeyPair.Generate().PublicKey });
        Assert.False(alice.Record.HasCurrent);

        void Refused(RetryReason reason, PreKeyBundle bad) => Assert.Equal(reason, Assert.Throws<SignalException>(() => alice.Process(bad)).Reason);
    }

    [Fact]
    public void Hosted_devices_live_at_the_canonical_address()
    {
        Assert.Equal(new SignalAddress("1555", "s.whatsapp.net", 99), SignalAddress.Of(new Jid("1555", Jid.HostedServer, 99)));
        Assert.Equal(new SignalAddress("1555", "lid", 99), SignalAddress.Of(new Jid("1555", Jid.HostedLidServer, 99)));
        Assert.Equal("1555:99@lid", new SignalAddress("1555", "lid", 99).ToString());
    }

    private static byte[] Replace(byte[] bytes, byte[] old, byte[] with)
    {
        var copy = bytes.AsSpan().ToArray();
        with.CopyTo(copy.AsSpan(copy.AsSpan().IndexOf(old)));
        return copy;
    }
}
