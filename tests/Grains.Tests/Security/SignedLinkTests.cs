using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Grains.Tests.Security;

/// <summary>Links that open one thing for a time.</summary>
public sealed class SignedLinkTests
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 22, 12, 0, 0, TimeSpan.Zero));
    private readonly SignedLinks _links;

    public SignedLinkTests() => _links = new SignedLinks([.. Enumerable.Repeat((byte)1, 32)], "https://wa.example.com", _time);

    private string Token() => _links.Token(SignedLinks.Media, "shop", "A1", TimeSpan.FromMinutes(5));

    [Fact]
    public void A_token_opens_the_thing_it_was_made_for_until_its_time_is_over()
    {
        var token = Token();

        Assert.True(_links.IsValid(SignedLinks.Media, "shop", "A1", token));
        _time.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        Assert.True(_links.IsValid(SignedLinks.Media, "shop", "A1", token));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_links.IsValid(SignedLinks.Media, "shop", "A1", token));
    }

    [Fact]
    public void A_token_opens_nothing_else()
    {
        var token = Token();

        Assert.False(_links.IsValid(SignedLinks.Qr, "shop", "A1", token));
        Assert.False(_links.IsValid(SignedLinks.Media, "shop2", "A1", token));
        Assert.False(_links.IsValid(SignedLinks.Media, "shop", "A2", token));
        Assert.False(_links.IsValid(SignedLinks.Media, "shopA", "1", token));
        Assert.False(new SignedLinks(new byte[32], "", _time).IsValid(SignedLinks.Media, "shop", "A1", token));
    }

    [Fact]
    public void A_later_expiry_needs_another_signature()
    {
        var token = Token();
        var dot = token.IndexOf('.', StringComparison.Ordinal);

        Assert.False(_links.IsValid(SignedLinks.Media, "shop", "A1", "9999999999" + token[dot..]));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("1.")]
    [InlineData(".AAAA")]
    [InlineData("1.AAAA")]
    [InlineData("-1.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("1.!!!!AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("99999999999999999999999999.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void What_is_no_token_opens_nothing(string token) => Assert.False(_links.IsValid(SignedLinks.Media, "shop", "A1", token));

    [Fact]
    public void Links_lead_to_the_routes_and_carry_a_good_token()
    {
        var media = new Uri(_links.ToMedia("shop", "A/1 ü"));
        Assert.Equal("/instances/shop/messages/A%2F1%20%C3%BC/media", media.AbsolutePath);
        Assert.True(_links.IsValid(SignedLinks.Media, "shop", "A/1 ü", media.Query["?token=".Length..]));

        var qr = _links.ToQr("shop");
        Assert.StartsWith("https://wa.example.com/instances/shop/qr?format=png&token=", qr, StringComparison.Ordinal);
        Assert.True(_links.IsValid(SignedLinks.Qr, "shop", "", qr[(qr.IndexOf("token=", StringComparison.Ordinal) + 6)..]));
    }
}
