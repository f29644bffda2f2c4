using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>
/// Text as PostgreSQL takes it: it refuses NUL and half surrogate pairs, and index entries past 2.7 KB. Such text comes from strangers
/// and must not make a commit fail for ever, so it is changed in the same way when written and when looked for. Pure.
/// </summary>
internal static class PostgresText
{
    private const int LongestKey = 250;
    private const char Replacement = '\uFFFD';

    /// <summary>NUL and half pairs replaced; ordinary text as it is.</summary>
    [return: NotNullIfNotNull(nameof(text))]
    public static string? Clean(string? text)
    {
        if (text is null || !text.AsSpan().ContainsAnyInRange('\uD800', '\uDFFF') && !text.Contains('\0', StringComparison.Ordinal))
            return text;
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) // half pairs come out as the replacement character
            clean.Append(rune.Value == 0 ? Replacement : rune);
        return clean.ToString();
    }

    /// <summary>As above, and cut to what three of them in one index entry may be.</summary>
    public static string Key(string text) => Clean(text.Length <= LongestKey ? text : text[..LongestKey]);
}
