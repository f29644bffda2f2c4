using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Pairing;

/// <summary>keys and xeddsa of pairing.json.</summary>
public class XEdDsaSamplesTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void The_identity_key_signs_as_the_references_do(int index)
    {
        var sample = PairingVectors.Root.GetProperty("xeddsa").GetProperty("samples")[index];
        var key = PairingVectors.Pair(PairingVectors.Root.GetProperty("xeddsa").Text("key"));

        var signature = XEdDsa.Sign(key.PrivateKey, sample.Hex("message"), sample.Hex("random"));

        Assert.Equal(sample.Hex("signature"), signature);
        Assert.True(XEdDsa.Verify(key.PublicKey, sample.Hex("message"), signature));
        PairingVectors.Ran($"xeddsa.samples[{index}]");
    }

    [Theory]
    [InlineData("companionNoise")]
    [InlineData("companionIdentity")]
    [InlineData("companionSignedPreKey")]
    [InlineData("primaryIdentity")]
    public void The_public_half_follows_from_the_private_half(string name)
    {
        var pair = PairingVectors.Pair(name);

        Assert.Equal(pair.PublicKey, KeyPair.FromPrivate(pair.PrivateKey).PublicKey);
        PairingVectors.Ran($"keys.{name}");
    }

    [Fact]
    public void The_signed_pre_key_is_signed_with_its_type_byte()
    {
        var key = PairingVectors.Root.GetProperty("keys").GetProperty("companionSignedPreKey");
        byte[] message = [5, .. PairingVectors.SignedPreKey.Keys.PublicKey];

        Assert.Equal(key.Hex("signature"), XEdDsa.Sign(PairingVectors.CompanionIdentity.PrivateKey, message, key.Hex("xeddsaRandom")));
        PairingVectors.Ran("keys.companionSignedPreKey.signature");
    }
}
