using WhatsApp.Grains.LinkPreviewing;

namespace WhatsApp.Grains.Tests.LinkPreviewing;

public sealed class TextLinkTests
{
    [Theory]
    [InlineData("look: https://example.org/a?b=c#d now", "https://example.org/a?b=c#d")]
    [InlineData("https://example.org.", "https://example.org")]
    [InlineData("(see https://example.org/a_(b))", "https://example.org/a_(b)")]
    [InlineData("*HTTPS://Example.ORG/x*", "HTTPS://Example.ORG/x")]
    [InlineData("http://a.example, https://b.example", "http://a.example")]
    [InlineData("https://localhost https://b.example!", "https://b.example")]
    public void The_first_address_is_found_without_the_punctuation_after_it(string text, string link) => Assert.Equal(link, TextLinks.First(text));

    [Theory]
    [InlineData("no link")]
    [InlineData("https://")]
    [InlineData("xhttps://example.org")]
    [InlineData("ftp://example.org mail@example.org example.org")]
    public void Anything_else_is_no_link(string text) => Assert.Null(TextLinks.First(text));

    [Fact]
    public void A_long_text_full_of_half_addresses_is_read_in_one_go() =>
        Assert.Null(TextLinks.First(string.Concat(Enumerable.Repeat("https://x ", 6_000))));
}
