using System.Text.RegularExpressions;

namespace WhatsApp.Grains.LinkPreviewing;

/// <summary>Finds the link in a text. Pure.</summary>
internal static partial class TextLinks
{
    private const string Closing = ".,;:!?'\"…*_~";

    /// <summary>The first web address as it stands in the text, without the punctuation after it; null when there is none.</summary>
    public static string? First(string text)
    {
        try
        {
            return Find(text);
        }
        catch (RegexMatchTimeoutException)
        {
            // The search is linear: the machine stood still. That costs the preview, not the message.
            return null;
        }
    }

    private static string? Find(string text)
    {
        foreach (var match in Address().EnumerateMatches(text))
        {
            var link = Trimmed(text.AsSpan(match.Index, match.Length));
            if (Uri.TryCreate(link, UriKind.Absolute, out var address) && address.Host.Contains('.', StringComparison.Ordinal))
                return link;
        }
        return null;
    }

    // "(see https://example.org/a_(b))" ends with the bracket that the address opened.
    private static string Trimmed(ReadOnlySpan<char> link)
    {
        while (link.Length > 0 && (Closing.Contains(link[^1], StringComparison.Ordinal) || (link[^1] == ')' && link.Count(')') > link.Count('('))))
            link = link[..^1];
        return link.ToString();
    }

    [GeneratedRegex(@"\bhttps?://[^\s<>""\u0000-\u001F]{1,2000}", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 250)]
    private static partial Regex Address();
}
