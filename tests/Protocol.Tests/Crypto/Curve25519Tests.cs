using CsCheck;
using WhatsApp.Protocol.Crypto;

namespace WhatsApp.Protocol.Tests.Crypto;

public class Curve25519Tests
{
    [Fact]
    public void Agreement_matches_RFC_7748()
    {
        var alice = KeyPair.FromPrivate(Convert.FromHexString("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
        var bob = KeyPair.FromPrivate(Convert.FromHexString("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));

        Assert.Equal("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a", Convert.ToHexStringLower(alice.PublicKey));
        Assert.Equal("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f", Convert.ToHexStringLower(bob.PublicKey));
        Assert.Equal("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742", Convert.ToHexStringLower(Curve25519.Agree(alice.PrivateKey, bob.PublicKey)));
    }

    [Fact]
    public void Agreement_is_symmetric() =>
        Gen.Select(Gen.Byte.Array[32], Gen.Byte.Array[32]).Sample((a, b) =>
        {
            KeyPair one = KeyPair.FromPrivate(a), two = KeyPair.FromPrivate(b);
            Assert.Equal(Curve25519.Agree(one.PrivateKey, two.PublicKey), Curve25519.Agree(two.PrivateKey, one.PublicKey));
        }, iter: 100);

    [Fact]
    public void Generated_keys_are_clamped_and_all_different()
    {
        var pairs = Enumerable.Range(0, 20).Select(_ => KeyPair.Generate()).ToList();
        Assert.All(pairs, p => Assert.True((p.PrivateKey[0] & 7) == 0 && (p.PrivateKey[31] & 0xC0) == 0x40));
        Assert.All(pairs, p => Assert.Equal(p.PublicKey, KeyPair.FromPrivate(p.PrivateKey).PublicKey));
        Assert.Equal(20, pairs.Select(p => Convert.ToHexString(p.PublicKey)).Distinct().Count());
    }

    /// <summary>The points of order 1, 2, 4, 8 and their non-canonical forms.</summary>
    [Theory]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0100000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800")]
    [InlineData("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157")]
    [InlineData("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    [InlineData("eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")]
    public void Low_order_points_are_refused(string key) =>
        Assert.Throws<InvalidPublicKeyException>(() => Curve25519.Agree(KeyPair.Generate().PrivateKey, Convert.FromHexString(key)));

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(33)]
    public void Keys_of_wrong_length_are_refused(int length)
    {
        var pair = KeyPair.Generate();
        Assert.Throws<InvalidPublicKeyException>(() => Curve25519.Agree(pair.PrivateKey, new byte[length]));
        Assert.Throws<InvalidPublicKeyException>(() => Curve25519.Serialize(new byte[length]));
        Assert.Throws<ArgumentException>(() => Curve25519.Agree(new byte[length], pair.PublicKey));
        Assert.Throws<ArgumentException>(() => KeyPair.FromPrivate(new byte[length]));
    }

    [Fact]
    public void Serialized_form_is_05_and_the_raw_key()
    {
        var key = KeyPair.Generate().PublicKey;
        var serialized = Curve25519.Serialize(key);
        Assert.Equal([0x05, .. key], serialized);
        Assert.Equal(key, Curve25519.Deserialize(serialized));
    }

    [Fact]
    public void Other_forms_than_05_and_32_bytes_are_refused()
    {
        Assert.Throws<InvalidPublicKeyException>(() => Curve25519.Deserialize([]));
        Assert.Throws<InvalidPublicKeyException>(() => Curve25519.Deserialize(new byte[32]));
        Assert.Throws<InvalidPublicKeyException>(() => Curve25519.Deserialize([0x06, .. new byte[32]]));
        Assert.Throws<InvalidPublicKeyException>(() => Curve25519.Deserialize([0x05, .. new byte[33]]));
    }
}
