using WhatsApp.Grains.LinkPreviewing;

namespace WhatsApp.Grains.Tests.LinkPreviewing;

public sealed class PageFactsTests
{
    [Fact]
    public void Open_graph_comes_before_the_title()
    {
        var facts = PageFacts.Read("""
            <html><head><title>Plain</title><meta property="og:title" content=" Shop &amp; Co "><META NAME='description' CONTENT='All
              we sell'><meta property="og:image" content="/logo.png"></head>
            """);

        Assert.Equal(new PageFacts("Shop & Co", "All we sell", "/logo.png"), facts);
    }

    [Fact]
    public void The_title_is_enough() => Assert.Equal(new PageFacts("Plain", null, null), PageFacts.Read("<title>Plain</title><p>text"));

    [Theory]
    [InlineData("")]
    [InlineData("{\"a\":1}")]
    [InlineData("<meta property='og:title'><title> </title>")]
    public void A_page_that_says_nothing_gives_nothing(string html) => Assert.Equal(new PageFacts(null, null, null), PageFacts.Read(html));

    [Fact]
    public void Long_lines_are_cut_and_a_broken_page_ends()
    {
        var facts = PageFacts.Read("<title>" + new string('x', 255) + "😀😀</title>" + string.Concat(Enumerable.Repeat("<div><b", 8_000)));

        Assert.Equal(new string('x', 255), facts.Title);
    }
}
