using WhatsApp.Protocol.Pairing;
using WhatsApp.Protocol.Tests.Vectors;

namespace WhatsApp.Protocol.Tests.Pairing;

/// <summary>QR text and rotation: wire/01 §6.1–6.2.</summary>
public class QrTests
{
    private static string Vector(string name) => PairingVectors.Root.GetProperty("qr").Text(name);

    [Fact]
    public void We_show_the_url_form_with_five_fields()
    {
        var code = new QrCodeText(Vector("ref"), PairingVectors.CompanionNoise.PublicKey, PairingVectors.CompanionIdentity.PublicKey, PairingVectors.AdvSecret, "1");

        Assert.Equal(Vector("urlForm"), code.ToUrl());
        PairingVectors.Ran("qr.compose");
    }

    [Theory]
    [InlineData("fourFields", null)]
    [InlineData("fiveFields", "1")]
    [InlineData("urlForm", "1")]
    public void A_phone_reads_every_form(string form, string? platformId)
    {
        Assert.True(QrCodeText.TryParse(Vector(form), out var code));

        Assert.Equal(Vector("ref"), code.Reference);
        Assert.Equal(PairingVectors.CompanionNoise.PublicKey, code.NoiseKey);
        Assert.Equal(PairingVectors.CompanionIdentity.PublicKey, code.IdentityKey);
        Assert.Equal(PairingVectors.AdvSecret, code.AdvSecret);
        Assert.Equal(platformId, code.PlatformId);
        PairingVectors.Ran($"qr.{form}");
    }

    [Theory]
    [InlineData("fourFields")]
    [InlineData("urlForm")]
    public void A_ref_may_hold_commas(string form)
    {
        Assert.True(QrCodeText.TryParse(Vector(form).Replace("2@AbCd", "2@Ab,C,d", StringComparison.Ordinal), out var code));

        Assert.Equal("2@Ab,C,dEf0123456789/+xyzWIREVECTORREF==", code.Reference);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(",,,")]
    [InlineData(",,,,")]
    [InlineData("hello")]
    [InlineData("https://example.com")]
    [InlineData("http#")]
    [InlineData("ref,AAAA,AAAA,AAAA,1")]
    [InlineData("ref,!!!!,????,....,1")]
    public void Anything_else_is_not_a_linking_qr(string? text) => Assert.False(QrCodeText.TryParse(text, out _));

    [Fact]
    public void A_qr_without_a_ref_or_with_too_much_text_is_refused()
    {
        Assert.False(QrCodeText.TryParse(Vector("fourFields")[Vector("ref").Length..], out _));
        Assert.False(QrCodeText.TryParse(new string('a', 4000) + Vector("fourFields"), out _));
    }

    [Fact]
    public void A_longer_key_is_refused() =>
        Assert.False(QrCodeText.TryParse($"ref,{Convert.ToBase64String(new byte[33])},{Convert.ToBase64String(new byte[32])},{Convert.ToBase64String(new byte[32])}", out _));

    [Fact]
    public void The_text_form_of_the_object_hides_the_secret()
    {
        Assert.True(QrCodeText.TryParse(Vector("urlForm"), out var code));

        Assert.DoesNotContain(Convert.ToBase64String(PairingVectors.AdvSecret), code.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_six_refs_the_first_is_shown_for_60_seconds_and_the_others_for_20()
    {
        var turns = QrRotation.Of(["a", "b", "c", "d", "e", "f"]);

        Assert.Equal([60, 20, 20, 20, 20, 20], turns.Select(t => t.Lifetime.TotalSeconds));
        Assert.Equal([1, 2, 3, 4, 5, 6], turns.Select(t => t.Attempt));
        Assert.All(turns, t => Assert.Equal(6, t.MaxAttempts));
        Assert.Equal("f", turns[^1].Reference);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(7)]
    public void Any_other_number_of_refs_is_shown_for_20_seconds_each(int count) =>
        Assert.All(QrRotation.Of([.. Enumerable.Repeat("r", count)]), t => Assert.Equal(20, t.Lifetime.TotalSeconds));

    [Fact]
    public void No_refs_give_no_turns() => Assert.Empty(QrRotation.Of([]));
}
