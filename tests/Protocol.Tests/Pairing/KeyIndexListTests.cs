using WhatsApp.Protocol.Crypto;
using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Tests.Pairing;

/// <summary>Signed key index lists: wire/01 §6.3, wire/04 §2.1.</summary>
public class KeyIndexListTests
{
    private static readonly PrimaryIdentity Phone = new(PairingVectors.PrimaryIdentity, 77);

    [Theory]
    [InlineData(ADVEncryptionType.E2Ee)]
    [InlineData(ADVEncryptionType.Hosted)]
    public void A_list_is_signed_by_its_account_and_no_other(ADVEncryptionType type)
    {
        var bytes = Phone.SignKeyIndexList(DateTimeOffset.FromUnixTimeSeconds(1795362180), 5, [1, 3, 5], type);

        Assert.True(KeyIndexList.TryParse(bytes, out var list));
        Assert.Equal((77u, 1795362180ul, 5u), (list.RawId, list.Timestamp, list.CurrentIndex));
        Assert.Equal([1u, 3u, 5u], list.ValidIndexes);
        Assert.True(list.IsSignedBy(PairingVectors.PrimaryIdentity.PublicKey));
        Assert.False(list.IsSignedBy(PairingVectors.CompanionIdentity.PublicKey));
        Assert.False(list.IsSignedBy([]));
    }

    [Fact]
    public void A_listed_or_newer_companion_is_kept_and_any_other_dropped()
    {
        Assert.True(KeyIndexList.TryParse(Phone.SignKeyIndexList(DateTimeOffset.UnixEpoch, 5, [1, 3]), out var list));

        Assert.Equal([false, true, false, true, false, false, true], Enumerable.Range(0, 7).Select(i => list.Allows((uint)i)));
    }

    [Fact]
    public void The_signature_is_over_06_02_and_the_details_and_indexes_are_packed()
    {
        var signed = ADVSignedKeyIndexList.Parser.ParseFrom(Phone.SignKeyIndexList(DateTimeOffset.UnixEpoch, 2, [1, 2]));

        Assert.Equal("084d10001802220201022800", Convert.ToHexStringLower(signed.Details.Span));
        Assert.True(XEdDsa.Verify(PairingVectors.PrimaryIdentity.PublicKey, [6, 2, .. signed.Details.Span], signed.AccountSignature.Span));
    }

    [Fact]
    public void A_changed_list_does_not_hold()
    {
        var signed = ADVSignedKeyIndexList.Parser.ParseFrom(Phone.SignKeyIndexList(DateTimeOffset.UnixEpoch, 2, [1, 2]));
        signed.Details = Google.Protobuf.ByteString.CopyFrom(Convert.FromHexString("084d10001803220201022800"));

        Assert.True(KeyIndexList.TryParse(Google.Protobuf.MessageExtensions.ToByteArray(signed), out var list));
        Assert.False(list.IsSignedBy(PairingVectors.PrimaryIdentity.PublicKey));
    }

    [Theory]
    [InlineData("ff")]
    [InlineData("0a02ffff")]
    public void Garbage_is_not_a_list(string hex) => Assert.False(KeyIndexList.TryParse(Convert.FromHexString(hex), out _));
}
