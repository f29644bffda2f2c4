using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace WhatsApp.Grains.LinkPreviewing;

/// <summary>What a web page says about itself: Open Graph, else its title and description (wire/05 §8).</summary>
/// <param name="Title">One line, or null.</param>
/// <param name="Description">Or null.</param>
/// <param name="Picture">Address as written, maybe relative, or null.</param>
internal sealed record PageFacts(string? Title, string? Description, string? Picture)
{
    private const int MaxTitle = 256;
    private const int MaxDescription = 512;
    private const int MaxAddress = 4096;

    /// <summary>Reads the start of a page; whatever it is, this ends. No script runs and nothing is loaded.</summary>
    public static PageFacts Read(string html)
    {
        using var page = new HtmlParser().ParseDocument(html);
        return new PageFacts(
            Line(Meta(page, "og:title") ?? Meta(page, "twitter:title") ?? page.Title, MaxTitle),
            Line(Meta(page, "og:description") ?? Meta(page, "description"), MaxDescription),
            (Meta(page, "og:image:secure_url") ?? Meta(page, "og:image")) is { Length: <= MaxAddress } picture ? picture : null);
    }

    private static string? Meta(IParentNode page, string name)
    {
        foreach (var tag in page.QuerySelectorAll("meta"))
            if ((tag.GetAttribute("property") ?? tag.GetAttribute("name"))?.Trim().Equals(name, StringComparison.OrdinalIgnoreCase) == true
                && tag.GetAttribute("content")?.Trim() is { Length: > 0 } content)
                return content;
        return null;
    }

    private static string? Line(string? text, int max)
    {
        if (string.IsNullOrWhiteSpace(text))
            return null;
        var line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        if (line.Length <= max)
            return line;
        return line[..(char.IsHighSurrogate(line[max - 1]) ? max - 1 : max)];
    }
}
