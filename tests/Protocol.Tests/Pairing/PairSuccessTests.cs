using System.Text.Json;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Pairing;

/// <summary>Both sides of pair-success: wire/01 §6.3–6.6.</summary>
public class PairSuccessTests
{
    private static JsonElement Vector(string name) => PairingVectors.Root.GetProperty("pairSuccess").GetProperty(name);

    private static CompanionIdentity Accept(byte[] wrapped, byte[]? random = null) =>
        CompanionIdentity.Accept(wrapped, PairingVectors.AdvSecret, PairingVectors.CompanionIdentity, random);

    private static PairingRefusal Refusal(byte[] wrapped) => Assert.Throws<PairingRefusedException>(() => Accept(wrapped)).Reason;

    [Theory]
    [InlineData("e2ee")]
    [InlineData("hostedAccountAndDevice")]
    public void The_phone_signs_a_companion_as_the_references_do(string name)
    {
        var vector = Vector(name);
        var fields = vector.GetProperty("deviceIdentityFields");
        var phone = new PrimaryIdentity(PairingVectors.PrimaryIdentity, fields.GetProperty("rawId").GetUInt32());

        var wrapped = phone.SignCompanion(PairingVectors.CompanionIdentity.PublicKey, PairingVectors.AdvSecret, fields.GetProperty("keyIndex").GetUInt32(),
            DateTimeOffset.FromUnixTimeSeconds(fields.GetProperty("timestamp").GetInt64()), (ADVEncryptionType)fields.GetProperty("accountType").GetInt32(),
            (ADVEncryptionType)fields.GetProperty("deviceType").GetInt32(), vector.Hex("accountSignatureXeddsaRandom"));

        var outer = ADVSignedDeviceIdentityHMAC.Parser.ParseFrom(wrapped);
        var signed = ADVSignedDeviceIdentity.Parser.ParseFrom(outer.Details);
        Assert.Equal(vector.Text("deviceIdentityDetails"), Convert.ToHexStringLower(signed.Details.Span));
        PairingVectors.Ran($"pairSuccess.{name}.deviceIdentityDetails");
        Assert.Equal(vector.Text("accountSignature"), Convert.ToHexStringLower(signed.AccountSignature.Span));
        PairingVectors.Ran($"pairSuccess.{name}.accountSignature");
        Assert.Equal(vector.Text("signedDeviceIdentity"), Convert.ToHexStringLower(outer.Details.Span));
        PairingVectors.Ran($"pairSuccess.{name}.signedDeviceIdentity");
        Assert.Equal(vector.Text("hmac"), Convert.ToHexStringLower(outer.Hmac.Span));
        PairingVectors.Ran($"pairSuccess.{name}.hmac");
        Assert.Equal(vector.Text("signedDeviceIdentityHmac"), Convert.ToHexStringLower(wrapped));
        PairingVectors.Ran($"pairSuccess.{name}.signedDeviceIdentityHmac");
    }

    [Theory]
    [InlineData("e2ee")]
    [InlineData("hostedAccountAndDevice")]
    public void Signatures_and_mac_are_made_over_the_known_bytes(string name)
    {
        var vector = Vector(name);
        var details = vector.Hex("deviceIdentityDetails");
        var hosted = name != "e2ee";

        Assert.Equal(vector.Hex("accountSignatureMessage"), AdvSignature.AccountMessage(details, PairingVectors.CompanionIdentity.PublicKey, hosted));
        PairingVectors.Ran($"pairSuccess.{name}.accountSignatureMessage");
        Assert.Equal(vector.Hex("deviceSignatureMessage"), AdvSignature.DeviceMessage(details, PairingVectors.CompanionIdentity.PublicKey, PairingVectors.PrimaryIdentity.PublicKey));
        PairingVectors.Ran($"pairSuccess.{name}.deviceSignatureMessage");
        Assert.Equal(vector.Hex("hmac"), CompanionIdentity.Mac(vector.Hex("signedDeviceIdentity"), PairingVectors.AdvSecret, hosted));
        Assert.Equal(vector.Hex("hmac"), System.Security.Cryptography.HMACSHA256.HashData(PairingVectors.AdvSecret, vector.Hex("hmacInput")));
        PairingVectors.Ran($"pairSuccess.{name}.hmacInput");
    }

    [Theory]
    [InlineData("e2ee")]
    [InlineData("hostedAccountAndDevice")]
    public void The_companion_checks_and_answers_as_the_references_do(string name)
    {
        var vector = Vector(name);

        var identity = Accept(vector.Hex("signedDeviceIdentityHmac"), vector.Hex("deviceSignatureXeddsaRandom"));

        Assert.Equal(vector.Text("replyDeviceIdentity"), Convert.ToHexStringLower(identity.Reply));
        Assert.Equal(3u, identity.KeyIndex);
        Assert.Equal(PairingVectors.PrimaryIdentity.PublicKey, identity.AccountKey);
        PairingVectors.Ran($"pairSuccess.{name}.replyDeviceIdentity");

        var stored = ADVSignedDeviceIdentity.Parser.ParseFrom(identity.Signed);
        Assert.Equal(vector.Text("deviceSignature"), Convert.ToHexStringLower(stored.DeviceSignature.Span));
        Assert.Equal(PairingVectors.PrimaryIdentity.PublicKey, stored.AccountSignatureKey.ToByteArray());
        PairingVectors.Ran($"pairSuccess.{name}.deviceSignature");
    }

    [Fact]
    public void The_stanza_is_read_and_answered_byte_for_byte()
    {
        var stanza = NodeReader.Read(Vector("e2ee").Hex("stanza"), TokenDictionary.Version3);

        Assert.True(PairSuccess.Is(stanza));
        var success = PairSuccess.Read(stanza);
        Assert.Equal(Jid.Parse("5511999990000:7@s.whatsapp.net"), success.Jid);
        Assert.Equal(Jid.Parse("998877665541:7@lid"), success.Lid);
        Assert.Equal("android", success.Platform);
        Assert.Null(success.BusinessName);
        Assert.Equal(Vector("e2ee").Hex("signedDeviceIdentityHmac"), success.WrappedIdentity.ToArray());
        PairingVectors.Ran("pairSuccess.e2ee.stanza");

        var identity = Accept(success.WrappedIdentity.ToArray(), Vector("e2ee").Hex("deviceSignatureXeddsaRandom"));
        Assert.Equal(Vector("expectedReply").Text("stanza"), Convert.ToHexStringLower(NodeWriter.ToArray(success.Accept(identity), TokenDictionary.Version3)));
        PairingVectors.Ran("pairSuccess.expectedReply.stanza");
    }

    [Fact]
    public void A_wrong_hmac_is_refused_with_401()
    {
        foreach (var (vector, index) in Vector("mustReject").EnumerateArray().Select((v, i) => (v, i)))
        {
            Assert.Equal(PairingRefusal.HmacMismatch, Refusal(vector.Hex("signedDeviceIdentityHmac")));

            var answer = PairSuccess.Refuse(NodeReader.Read(Vector("e2ee").Hex("stanza"), TokenDictionary.Version3));
            Assert.Equal("error", answer["type"]);
            Assert.Equal("401", answer.Child("error")!["code"]);
            Assert.Equal(NodeReader.Read(Vector("e2ee").Hex("stanza"), TokenDictionary.Version3)["id"], answer["id"]);
            PairingVectors.Ran($"pairSuccess.mustReject[{index}]");
        }
    }

    [Fact]
    public void Another_secret_is_refused() => Assert.Equal(
        PairingRefusal.HmacMismatch,
        Assert.Throws<PairingRefusedException>(() =>
            CompanionIdentity.Accept(Vector("e2ee").Hex("signedDeviceIdentityHmac"), new byte[32], PairingVectors.CompanionIdentity)).Reason);

    [Fact]
    public void A_signature_over_another_companion_is_refused() => Assert.Equal(
        PairingRefusal.AccountSignatureMismatch,
        Assert.Throws<PairingRefusedException>(() =>
            CompanionIdentity.Accept(Vector("e2ee").Hex("signedDeviceIdentityHmac"), PairingVectors.AdvSecret, PairingVectors.CompanionNoise)).Reason);

    [Fact]
    public void A_changed_account_signature_is_refused_although_the_hmac_holds() =>
        Assert.Equal(PairingRefusal.AccountSignatureMismatch, Refusal(Rewrapped(signed =>
        {
            var bytes = signed.AccountSignature.ToByteArray();
            bytes[5] ^= 1;
            signed.AccountSignature = ByteString.CopyFrom(bytes);
        })));

    [Fact]
    public void A_hosted_prefix_without_the_hosted_type_is_refused()
    {
        var hosted = Vector("hostedAccountAndDevice");
        var details = ADVDeviceIdentity.Parser.ParseFrom(hosted.Hex("deviceIdentityDetails"));
        details.DeviceType = ADVEncryptionType.E2Ee;

        Assert.Equal(PairingRefusal.AccountSignatureMismatch, Refusal(Rewrapped(signed =>
        {
            signed.Details = details.ToByteString();
            signed.AccountSignature = ByteString.CopyFrom(hosted.Hex("accountSignature"));
        })));

        var wrapper = ADVSignedDeviceIdentityHMAC.Parser.ParseFrom(hosted.Hex("signedDeviceIdentityHmac"));
        wrapper.AccountType = ADVEncryptionType.E2Ee;
        Assert.Equal(PairingRefusal.HmacMismatch, Refusal(wrapper.ToByteArray()));
    }

    [Fact]
    public void An_e2ee_mac_under_a_hosted_wrapper_is_refused()
    {
        var wrapper = ADVSignedDeviceIdentityHMAC.Parser.ParseFrom(Vector("e2ee").Hex("signedDeviceIdentityHmac"));
        wrapper.AccountType = ADVEncryptionType.Hosted;

        Assert.Equal(PairingRefusal.HmacMismatch, Refusal(wrapper.ToByteArray()));
    }

    [Fact]
    public void Missing_and_misshapen_parts_are_malformed()
    {
        Assert.Equal(PairingRefusal.Malformed, Refusal(Rewrapped(s => s.ClearDetails())));
        Assert.Equal(PairingRefusal.Malformed, Refusal(Rewrapped(s => s.ClearAccountSignature())));
        Assert.Equal(PairingRefusal.Malformed, Refusal(Rewrapped(s => s.ClearAccountSignatureKey())));
        Assert.Equal(PairingRefusal.Malformed, Refusal(Rewrapped(s => s.AccountSignatureKey = ByteString.CopyFrom(new byte[33]))));
        Assert.Equal(PairingRefusal.Malformed, Refusal(Rewrapped(s => s.AccountSignature = ByteString.CopyFrom(new byte[63]))));
        Assert.Equal(PairingRefusal.Malformed, Refusal(Rewrapped(s => s.Details = ByteString.CopyFrom(0xff, 0xff))));
        Assert.Equal(PairingRefusal.Malformed, Refusal(Rewrapped(s => s.Details = new ADVDeviceIdentity { RawId = 1 }.ToByteString())));
    }

    [Theory]
    [InlineData("")]
    [InlineData("ff")]
    [InlineData("0affffffff0f")]
    [InlineData("0a05")]
    [InlineData("0000000000")]
    public void Garbage_is_malformed(string hex) => Assert.Equal(PairingRefusal.Malformed, Refusal(Convert.FromHexString(hex)));

    [Fact]
    public void An_oversized_identity_is_malformed() => Assert.Equal(PairingRefusal.Malformed, Refusal(new byte[501]));

    [Fact]
    public void Any_flipped_byte_is_refused_and_never_crashes()
    {
        var good = Vector("e2ee").Hex("signedDeviceIdentityHmac");
        for (var i = 0; i < good.Length; i++)
        {
            var bad = good.ToArray();
            bad[i] ^= 0x40;

            var e = Record.Exception(() => Accept(bad));

            // Only the wrapper's account type may change to another non-hosted value unseen.
            Assert.True(e is PairingRefusedException || (e is null && i >= good.Length - 2), $"byte {i}: {e}");
        }
    }

    [Fact]
    public void The_phone_believes_the_companions_answer_and_no_other()
    {
        var phone = new PrimaryIdentity(PairingVectors.PrimaryIdentity, 7);
        var wrapped = phone.SignCompanion(PairingVectors.CompanionIdentity.PublicKey, PairingVectors.AdvSecret, 1, DateTimeOffset.UnixEpoch);
        var identity = Accept(wrapped);

        Assert.Equal(identity.Signed, phone.AcceptReply(identity.Reply, PairingVectors.CompanionIdentity.PublicKey));
        Assert.Null(phone.AcceptReply(identity.Reply, PairingVectors.CompanionNoise.PublicKey));
        Assert.Null(new PrimaryIdentity(PairingVectors.CompanionNoise, 7).AcceptReply(identity.Reply, PairingVectors.CompanionIdentity.PublicKey));
        Assert.Null(phone.AcceptReply([], PairingVectors.CompanionIdentity.PublicKey));
        Assert.Null(phone.AcceptReply([0xff, 0xff], PairingVectors.CompanionIdentity.PublicKey));
    }

    [Fact]
    public void Linking_fills_the_credentials()
    {
        var success = PairSuccess.Read(NodeReader.Read(Vector("e2ee").Hex("stanza"), TokenDictionary.Version3));
        var identity = Accept(success.WrappedIdentity.ToArray());
        var before = new DeviceCredentials(PairingVectors.CompanionNoise, new LocalIdentity(PairingVectors.CompanionIdentity, 1), [], PairingVectors.AdvSecret, 1) { LoginCounter = 9 };

        var after = success.Link(before, identity);

        Assert.True(after.IsPaired);
        Assert.Equal((success.Jid, success.Lid, "android", 0), (after.Jid!.Value, after.Lid, after.Platform, after.LoginCounter));
        Assert.Equal(identity.Signed, after.SignedDeviceIdentity);
    }

    [Theory]
    [InlineData("5511999990000@s.whatsapp.net", "1:7@lid")]
    [InlineData("5511999990000:7@lid", "1:7@lid")]
    [InlineData("", "1:7@lid")]
    [InlineData("5511999990000:7@s.whatsapp.net", "1:8@lid")]
    [InlineData("5511999990000:7@s.whatsapp.net", "1:7@s.whatsapp.net")]
    public void Impossible_addresses_are_malformed(string jid, string lid)
    {
        var stanza = new Node("iq", [("id", "1"), ("type", "set")], [new Node("pair-success", [],
        [
            new Node("device-identity", [], new byte[] { 1 }), new Node("device", ("jid", jid), ("lid", lid)),
        ])]);

        Assert.Equal(PairingRefusal.Malformed, Assert.Throws<PairingRefusedException>(() => PairSuccess.Read(stanza)).Reason);
    }

    [Fact]
    public void A_pair_success_without_identity_or_device_is_malformed()
    {
        Assert.Throws<PairingRefusedException>(() => PairSuccess.Read(new Node("iq", [("id", "1")], [new Node("pair-success")])));
        Assert.Throws<PairingRefusedException>(() => PairSuccess.Read(new Node("iq", [("id", "1")],
            [new Node("pair-success", [], [new Node("device-identity", [], new byte[] { 1 })])])));
    }

    [Fact]
    public void Pair_device_gives_its_refs_and_is_answered_at_once()
    {
        var stanza = new Node("iq", [("from", "s.whatsapp.net"), ("type", "set"), ("id", "17"), ("xmlns", "md")],
            [new Node("pair-device", [], [new Node("ref", [], "2@a"), new Node("ref"), new Node("ref", [], "2@b")])]);

        Assert.True(PairDevice.Is(stanza));
        Assert.Equal(["2@a", "2@b"], PairDevice.References(stanza));
        Assert.Equal("""<iq id="17" to="s.whatsapp.net" type="result"/>""", PairDevice.Reply(stanza).ToString());
        Assert.False(PairDevice.Is(new Node("iq", ("type", "set"))));
        Assert.Empty(PairDevice.References(new Node("iq", ("type", "set"))));
    }

    /// <summary>The e2ee vector with its signed identity changed and a fresh HMAC, as a cheating server with the secret would make it.</summary>
    private static byte[] Rewrapped(Action<ADVSignedDeviceIdentity> change)
    {
        var signed = ADVSignedDeviceIdentity.Parser.ParseFrom(Vector("e2ee").Hex("signedDeviceIdentity"));
        change(signed);
        var bytes = signed.ToByteArray();
        return new ADVSignedDeviceIdentityHMAC
        {
            Details = ByteString.CopyFrom(bytes),
            Hmac = ByteString.CopyFrom(CompanionIdentity.Mac(bytes, PairingVectors.AdvSecret, isHosted: false)),
            AccountType = ADVEncryptionType.E2Ee,
        }.ToByteArray();
    }
}
