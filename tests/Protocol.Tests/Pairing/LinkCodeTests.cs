using System.Security.Cryptography;
using System.Text.Json;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Pairing;

/// <summary>Pairing by eight-character code: wire/01 §7.</summary>
public class LinkCodeTests
{
    private static readonly JsonElement Vector = PairingVectors.Root.GetProperty("linkCode");
    private static readonly LinkCode Code = LinkCode.FromBytes(Vector.Hex("codeBytes"));

    private static KeyPair CompanionEphemeral => PairingVectors.PairOf(Vector.GetProperty("companionEphemeral"));
    private static KeyPair PrimaryEphemeral => PairingVectors.PairOf(Vector.GetProperty("primaryEphemeral"));
    private static byte[] Bundle => Vector.GetProperty("bundle").Hex("wrapped");

    [Fact]
    public void Five_bytes_make_the_code()
    {
        Assert.Equal(Vector.Text("code"), Code.Value);
        Assert.Equal(Vector.Text("display"), Code.Display);
        PairingVectors.Ran("linkCode.code");
    }

    [Fact]
    public void Every_character_of_the_alphabet_stands_for_its_five_bits()
    {
        var alphabet = Vector.Text("alphabet");
        for (var value = 0; value < 32; value++)
        {
            var bytes = new byte[5];
            bytes[4] = (byte)value;
            Assert.Equal(alphabet[value], LinkCode.FromBytes(bytes).Value[7]);
            bytes[4] = 0;
            bytes[0] = (byte)(value << 3);
            Assert.Equal(alphabet[value], LinkCode.FromBytes(bytes).Value[0]);
        }
        PairingVectors.Ran("linkCode.alphabet");
    }

    [Theory]
    [InlineData("15JMBSWA")]
    [InlineData("15JM-BSWA")]
    [InlineData("15jm-bswa")]
    public void A_code_is_read_in_either_case_with_or_without_dash(string text)
    {
        Assert.True(LinkCode.TryParse(text, out var code));
        Assert.Equal(Code, code);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("15JMBSW")]
    [InlineData("15JMBSWAA")]
    [InlineData("15JMB-SWA")]
    [InlineData("15JMBSW0")]
    [InlineData("15JMBSWI")]
    [InlineData("15JMBSWO")]
    [InlineData("15JMBSWU")]
    [InlineData("15JM BSWA")]
    public void Anything_else_is_not_a_code(string? text) => Assert.False(LinkCode.TryParse(text, out _));

    [Fact]
    public void A_generated_code_reads_back_and_is_not_logged()
    {
        var code = LinkCode.Generate();

        Assert.True(LinkCode.TryParse(code.Display, out var read));
        Assert.Equal(code, read);
        Assert.DoesNotContain(code.Value, $"{code}", StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wrappedCompanionEphemeral", "companionEphemeral")]
    [InlineData("wrappedPrimaryEphemeral", "primaryEphemeral")]
    public void An_ephemeral_key_is_wrapped_and_unwrapped_as_the_references_do(string name, string key)
    {
        var vector = Vector.GetProperty(name);
        var publicKey = Vector.GetProperty(key).Hex("public");

        var wrapped = LinkCodeKeyWrap.Wrap(publicKey, Code, vector.Hex("salt"), vector.Hex("iv"));

        Assert.Equal(vector.Text("wrapped"), Convert.ToHexStringLower(wrapped));
        Assert.Equal(vector.Text("ciphertext"), Convert.ToHexStringLower(wrapped.AsSpan(48)));
        Assert.Equal(publicKey, LinkCodeKeyWrap.Unwrap(wrapped, Code));
        PairingVectors.Ran($"linkCode.{name}");
    }

    [Fact]
    public void The_wrap_key_comes_from_the_stated_pbkdf2()
    {
        var pbkdf2 = Vector.GetProperty("pbkdf2");
        var wrapped = Vector.GetProperty("wrappedCompanionEphemeral");

        var key = Rfc2898DeriveBytes.Pbkdf2(Code.Value, wrapped.Hex("salt"), pbkdf2.GetProperty("iterations").GetInt32(), HashAlgorithmName.SHA256, pbkdf2.GetProperty("keyLength").GetInt32());

        Assert.Equal(wrapped.Text("pbkdf2Key"), Convert.ToHexStringLower(key));
        PairingVectors.Ran("linkCode.pbkdf2");
    }

    [Fact]
    public void The_counter_runs_over_the_whole_iv()
    {
        var iv = Enumerable.Repeat((byte)0xff, 16).ToArray();
        var key = PairingVectors.CompanionNoise.PublicKey;

        var wrapped = LinkCodeKeyWrap.Wrap(key, Code, new byte[32], iv);

        using var aes = Aes.Create();
        aes.Key = Rfc2898DeriveBytes.Pbkdf2(Code.Value, new byte[32], 131072, HashAlgorithmName.SHA256, 32);
        byte[] stream = [.. aes.EncryptEcb(iv, PaddingMode.None), .. aes.EncryptEcb(new byte[16], PaddingMode.None)];
        Assert.Equal(key.Zip(stream, (a, b) => (byte)(a ^ b)), wrapped[48..]);
    }

    [Fact]
    public void The_companion_makes_the_known_bundle_and_secret()
    {
        var bundle = Vector.GetProperty("bundle");

        var finish = LinkCodeExchange.Finish(Code, CompanionEphemeral, PairingVectors.CompanionIdentity, Vector.GetProperty("wrappedPrimaryEphemeral").Hex("wrapped"),
            PairingVectors.PrimaryIdentity.PublicKey, bundle.Hex("salt"), bundle.Hex("iv"), bundle.Hex("random"));

        Assert.Equal(bundle.Text("wrapped"), Convert.ToHexStringLower(finish.Bundle));
        PairingVectors.Ran("linkCode.bundle");
        Assert.Equal(Vector.GetProperty("advSecret").Text("result"), Convert.ToHexStringLower(finish.AdvSecret));
        PairingVectors.Ran("linkCode.advSecret");
    }

    [Fact]
    public void The_shared_secrets_are_the_known_ones()
    {
        Assert.Equal(Vector.Hex("sharedEphemeral"), Curve25519.Agree(CompanionEphemeral.PrivateKey, PrimaryEphemeral.PublicKey));
        PairingVectors.Ran("linkCode.sharedEphemeral");
        Assert.Equal(Vector.Hex("sharedIdentity"), Curve25519.Agree(PairingVectors.CompanionIdentity.PrivateKey, PairingVectors.PrimaryIdentity.PublicKey));
        PairingVectors.Ran("linkCode.sharedIdentity");
    }

    [Fact]
    public void The_phone_opens_the_bundle_to_the_same_secret()
    {
        var secret = LinkCodeExchange.OpenBundle(Bundle, PrimaryEphemeral, PairingVectors.PrimaryIdentity,
            LinkCodeKeyWrap.Unwrap(Vector.GetProperty("wrappedCompanionEphemeral").Hex("wrapped"), Code), PairingVectors.CompanionIdentity.PublicKey);

        Assert.Equal(Vector.GetProperty("advSecret").Text("result"), Convert.ToHexStringLower(secret));
        PairingVectors.Ran("linkCode.advSecret.phone");
    }

    [Fact]
    public void Fresh_randomness_agrees_too()
    {
        var code = LinkCode.Generate();
        var (companion, phone) = (KeyPair.Generate(), KeyPair.Generate());

        var finish = LinkCodeExchange.Finish(code, companion, PairingVectors.CompanionIdentity, LinkCodeKeyWrap.Wrap(phone.PublicKey, code), PairingVectors.PrimaryIdentity.PublicKey);

        Assert.Equal(finish.AdvSecret, LinkCodeExchange.OpenBundle(finish.Bundle, phone, PairingVectors.PrimaryIdentity,
            LinkCodeKeyWrap.Unwrap(LinkCodeKeyWrap.Wrap(companion.PublicKey, code), code), PairingVectors.CompanionIdentity.PublicKey));
    }

    [Fact]
    public void A_wrong_code_shows_when_the_bundle_does_not_open()
    {
        Assert.True(LinkCode.TryParse("15JMBSWB", out var wrong));
        var garbage = LinkCodeKeyWrap.Unwrap(Vector.GetProperty("wrappedCompanionEphemeral").Hex("wrapped"), wrong);

        Assert.NotEqual(CompanionEphemeral.PublicKey, garbage);
        Assert.Equal(LinkCodeFailure.WrongCode, Failure(Bundle, garbage, PairingVectors.CompanionIdentity.PublicKey));
    }

    [Fact]
    public void A_changed_bundle_does_not_open()
    {
        foreach (var position in new[] { 0, 32, 44, 139, 155 })
        {
            var bad = Bundle;
            bad[position] ^= 1;
            Assert.Equal(LinkCodeFailure.WrongCode, Failure(bad, CompanionEphemeral.PublicKey, PairingVectors.CompanionIdentity.PublicKey));
        }
    }

    [Fact]
    public void A_bundle_of_other_identities_is_refused() =>
        Assert.Equal(LinkCodeFailure.IdentityMismatch, Failure(Bundle, CompanionEphemeral.PublicKey, PairingVectors.CompanionNoise.PublicKey));

    [Fact]
    public void Wrong_lengths_are_malformed()
    {
        Assert.Equal(LinkCodeFailure.Malformed, Failure([], CompanionEphemeral.PublicKey, PairingVectors.CompanionIdentity.PublicKey));
        Assert.Equal(LinkCodeFailure.Malformed, Failure(new byte[157], CompanionEphemeral.PublicKey, PairingVectors.CompanionIdentity.PublicKey));
        Assert.Equal(LinkCodeFailure.Malformed, Failure(Bundle, [1], PairingVectors.CompanionIdentity.PublicKey));
        Assert.Equal(LinkCodeFailure.Malformed, Failure(Bundle, CompanionEphemeral.PublicKey, [1]));
        Assert.Equal(LinkCodeFailure.Malformed, Assert.Throws<LinkCodeException>(() => LinkCodeKeyWrap.Unwrap(new byte[79], Code)).Reason);
        Assert.Equal(LinkCodeFailure.Malformed, Assert.Throws<LinkCodeException>(() =>
            LinkCodeExchange.Finish(Code, CompanionEphemeral, PairingVectors.CompanionIdentity, new byte[80], [1, 2])).Reason);
        Assert.Throws<ArgumentException>(() => LinkCodeKeyWrap.Wrap([1], Code));
        Assert.Throws<ArgumentException>(() => LinkCode.FromBytes([1]));
        Assert.Throws<InvalidOperationException>(() => default(LinkCode).Value);
    }

    [Fact]
    public void A_low_order_key_is_refused() =>
        Assert.Equal(LinkCodeFailure.InvalidKey, Failure(Bundle, new byte[32], PairingVectors.CompanionIdentity.PublicKey));

    private static LinkCodeFailure Failure(byte[] bundle, byte[] companionEphemeral, byte[] companionIdentity) => Assert.Throws<LinkCodeException>(() =>
        LinkCodeExchange.OpenBundle(bundle, PrimaryEphemeral, PairingVectors.PrimaryIdentity, companionEphemeral, companionIdentity)).Reason;
}
