using System.Security.Cryptography;
using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Tests.Signal;

public sealed class PreKeysTests
{
    [Fact]
    public void Registration_ids_are_1_to_16380() =>
        Assert.All(Enumerable.Range(0, 2000).Select(_ => PreKeys.NewRegistrationId()), id => Assert.InRange(id, 1u, 16380u));

    [Fact]
    public void A_signed_pre_key_is_signed_over_its_serialized_public_key()
    {
        var identity = KeyPair.Generate();
        var signed = PreKeys.NewSigned(77, identity);
        Assert.Equal(77u, signed.Id);
        Assert.True(XEdDsa.Verify(identity.PublicKey, Curve25519.Serialize(signed.Keys.PublicKey), signed.Signature));
        Assert.False(XEdDsa.Verify(identity.PublicKey, signed.Keys.PublicKey, signed.Signature));
    }

    [Fact]
    public void One_time_ids_wrap_past_24_bits_and_skip_0()
    {
        var keys = PreKeys.NewOneTime(0xFFFFFE, 4);
        Assert.Equal([0xFFFFFEu, 0xFFFFFFu, 1u, 2u], keys.Select(key => key.Id));
        Assert.Equal(4, keys.Select(key => Convert.ToHexString(key.Keys.PublicKey)).Distinct().Count());
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(0x1000000u)]
    public void Ids_outside_24_bits_are_refused(uint id)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => PreKeys.NewOneTime(id, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => PreKeys.NewSigned(id, KeyPair.Generate()));
    }

    [Fact]
    public void The_digest_covers_identity_signed_pre_key_and_listed_keys_in_order()
    {
        var identity = KeyPair.Generate();
        var signed = PreKeys.NewSigned(1, identity);
        var listed = PreKeys.NewOneTime(1, 2);
        var expected = SHA1.HashData([.. identity.PublicKey, .. signed.Keys.PublicKey, .. signed.Signature, .. listed[0].Keys.PublicKey, .. listed[1].Keys.PublicKey]);
        var ours = PreKeyDigest.Compute(identity.PublicKey, signed, listed);
        Assert.Equal(expected, ours);
        Assert.NotEqual(expected, PreKeyDigest.Compute(identity.PublicKey, signed, listed.Reverse()));
        Assert.True(PreKeyDigest.Matches(ours, expected.AsSpan(0, 8)));
        Assert.False(PreKeyDigest.Matches(ours, []));
        Assert.False(PreKeyDigest.Matches(ours, [.. expected, 0]));
    }
}
