using System.Text.Json;
using CsCheck;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Crypto;

public class XEdDsaTests
{
    private const string File = "xeddsa.json";
    private static readonly JsonElement Vectors = VectorFile.Load(File);

    public static TheoryData<string> Ids(string part) => [.. Vectors.GetProperty(part).EnumerateArray().Select(v => v.GetProperty("id").GetString()!)];

    private static JsonElement Vector(string part, string id) => Vectors.GetProperty(part).EnumerateArray().Single(v => v.GetProperty("id").GetString() == id);

    [Theory, MemberData(nameof(Ids), "sign")]
    public void Signing_with_given_randomness_gives_the_published_bytes(string id)
    {
        var v = Vector("sign", id);
        var signature = XEdDsa.Sign(v.Hex("privateKey"), v.Hex("message"), v.Hex("random64"));

        Assert.Equal(v.Hex("signature"), signature);
        Assert.Equal(v.GetProperty("signBit").GetInt32(), signature[63] >> 7);
        Assert.Equal(v.Hex("publicKey"), KeyPair.FromPrivate(v.Hex("privateKey")).PublicKey);
        Assert.True(XEdDsa.Verify(v.Hex("publicKey"), v.Hex("message"), signature));
        VectorFile.Ran(File, id);
    }

    [Theory, MemberData(nameof(Ids), "verifyOk")]
    public void Signatures_of_other_implementations_verify(string id)
    {
        var v = Vector("verifyOk", id);
        Assert.True(XEdDsa.Verify(v.Hex("publicKey"), v.Hex("message"), v.Hex("signature")));
        VectorFile.Ran(File, id);
    }

    [Theory, MemberData(nameof(Ids), "verifyBad")]
    public void Bad_signatures_are_refused(string id)
    {
        var v = Vector("verifyBad", id);
        Assert.False(XEdDsa.Verify(v.Hex("publicKey"), v.Hex("message"), v.Hex("signature")));
        VectorFile.Ran(File, id);
    }

    [Fact]
    public void Every_signature_verifies_and_no_changed_bit_does() =>
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[0, 300], Gen.Int[0, 511]).Sample((secret, message, bit) =>
        {
            var pair = KeyPair.FromPrivate(secret);
            var signature = XEdDsa.Sign(pair.PrivateKey, message);
            Assert.True(XEdDsa.Verify(pair.PublicKey, message, signature));
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(XEdDsa.Verify(pair.PublicKey, message, signature));
        }, iter: 200);

    [Fact]
    public void Random_bytes_never_verify_and_never_throw() =>
        Gen.Select(Gen.Byte.Array[0, 40], Gen.Byte.Array[0, 100], Gen.Byte.Array[0, 70]).Sample(
            (key, message, signature) => Assert.False(XEdDsa.Verify(key, message, signature)), iter: 500);

    [Theory]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // u = −1
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")] // u = 0
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")] // u = 1
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // u = p
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")] // u = p + 1
    public void Keys_of_small_order_verify_nothing(string key)
    {
        var bad = Convert.FromHexString(key);
        Assert.False(XEdDsa.Verify(bad, "m"u8, XEdDsa.Sign(KeyPair.Generate().PrivateKey, "m"u8)));
        Assert.False(XEdDsa.Verify(bad, "m"u8, new byte[64]));
        byte[] identity = [1, .. new byte[63]]; // R = neutral element, s = 0: holds for every message under a small-order key
        Assert.False(XEdDsa.Verify(bad, "m"u8, identity));
    }

    [Fact]
    public void Two_signatures_of_the_same_message_differ()
    {
        var key = KeyPair.Generate().PrivateKey;
        Assert.NotEqual(XEdDsa.Sign(key, "m"u8), XEdDsa.Sign(key, "m"u8));
    }

    [Theory]
    [InlineData(31, 64)]
    [InlineData(33, 64)]
    [InlineData(32, 63)]
    public void Wrong_lengths_are_refused_when_signing(int key, int random) =>
        Assert.Throws<ArgumentException>(() => XEdDsa.Sign(new byte[key], "m"u8, new byte[random]));
}
