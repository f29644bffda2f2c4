using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Pairing;

namespace WhatsApp.Protocol.Tests.Pairing;

public sealed class PasskeyExchangeTests
{
    private static byte[] Fill(byte value) => [.. Enumerable.Repeat(value, 32)];

    [Fact]
    public void Both_sides_agree_on_the_key_and_what_one_sealed_the_other_opens()
    {
        var prologue = PasskeyExchange.Begin("ref-1", 1);
        var phone = KeyPair.Generate();
        var key = PasskeyExchange.EncryptionKey(prologue.Ephemeral, phone.PublicKey, prologue.Platform, prologue.Reference);

        Assert.Equal(key, PasskeyExchange.EncryptionKey(phone, prologue.Ephemeral.PublicKey, 1, "ref-1"));
        Assert.NotEqual(key, PasskeyExchange.EncryptionKey(phone, prologue.Ephemeral.PublicKey, 2, "ref-1"));
        var (noise, identity, secret) = PasskeyExchange.Open(key, PasskeyExchange.Seal(key, Fill(1), Fill(2), Fill(3)));
        Assert.Equal([Fill(1), Fill(2), Fill(3)], new[] { noise, identity, secret });
    }

    [Fact]
    public void What_was_sealed_with_another_key_or_is_no_message_does_not_open()
    {
        var sealedBytes = PasskeyExchange.Seal(Fill(9), Fill(1), Fill(2), Fill(3));
        Assert.Equal(LinkCodeFailure.WrongCode, Assert.Throws<LinkCodeException>(() => PasskeyExchange.Open(Fill(8), sealedBytes)).Reason);
        Assert.Equal(LinkCodeFailure.Malformed, Assert.Throws<LinkCodeException>(() => PasskeyExchange.Open(Fill(9), [])).Reason);
        Assert.Equal(LinkCodeFailure.WrongCode, Assert.Throws<LinkCodeException>(() => PasskeyExchange.Open(Fill(9), [0xff, 0xff, 0xff])).Reason);
        Assert.Equal(LinkCodeFailure.InvalidKey, Assert.Throws<LinkCodeException>(() => PasskeyExchange.EncryptionKey(KeyPair.Generate(), new byte[32], 1, "r")).Reason);
    }

    [Fact]
    public void The_code_hangs_on_both_nonces_and_the_phones_key()
    {
        var code = PasskeyExchange.Code(Fill(1), Fill(2), Fill(3)).Value;
        Assert.Equal(code, PasskeyExchange.Code(Fill(1), Fill(2), Fill(3)).Value);
        Assert.Equal(3, new[] { PasskeyExchange.Code(Fill(9), Fill(2), Fill(3)), PasskeyExchange.Code(Fill(1), Fill(9), Fill(3)), PasskeyExchange.Code(Fill(1), Fill(2), Fill(9)) }
            .Count(other => other.Value != code));
        Assert.Throws<LinkCodeException>(() => PasskeyExchange.Code(Fill(1), Fill(2), [1]));
    }

    [Fact]
    public void A_prologue_commits_to_its_nonce_and_says_nothing_of_its_key()
    {
        var prologue = PasskeyExchange.Begin("ref-1", 1);
        var payload = Protocol.Schema.ProloguePayload.Parser.ParseFrom(prologue.Payload);
        var identity = Protocol.Schema.CompanionEphemeralIdentity.Parser.ParseFrom(payload.CompanionEphemeralIdentity);
        Assert.Equal(PasskeyExchange.Commitment(payload.CompanionEphemeralIdentity.Span, prologue.Nonce), payload.Commitment.Hash.ToByteArray());
        Assert.Equal(prologue.Ephemeral.PublicKey, identity.PublicKey.ToByteArray());
        Assert.Equal(("ref-1", 1), (identity.Ref, (int)identity.DeviceType));
        Assert.Equal("passkey prologue", prologue.ToString());
    }

    [Theory, InlineData("not json"), InlineData("[1]"), InlineData("")]
    public void Options_that_are_no_json_object_are_none(string options) =>
        Assert.Null(PasskeyStanzas.OptionsIn(new Node("notification", [], [new Node("passkey_request_options", [], options)])));

    [Fact]
    public void A_continuation_without_whole_keys_is_none()
    {
        Assert.Null(PasskeyStanzas.PrimaryIn(new Node("notification")));
        Assert.Null(PasskeyStanzas.PrimaryIn(new Node("notification", [], [new Node("primary_ephemeral_identity", [], (ReadOnlyMemory<byte>)new byte[] { 10, 1, 1 })])));
        Assert.Null(PasskeyStanzas.PrimaryIn(new Node("notification", [], [new Node("primary_ephemeral_identity", [], (ReadOnlyMemory<byte>)new byte[] { 0xff })])));
    }
}
