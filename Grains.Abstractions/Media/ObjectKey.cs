using System.Text.RegularExpressions;

namespace WhatsApp.Grains.Abstractions.Media;

/// <summary>
/// Keys of the object store: names separated by slashes, 512 characters at most; each name begins with a letter or digit and goes on with
/// letters, digits, dot, dash and underscore, 128 at most. So a key is never a way out of a folder.
/// </summary>
public static partial class ObjectKey
{
    private const int MaxLength = 512;

    /// <summary>True for a key.</summary>
    public static bool IsValid(string? key) => key is { Length: > 0 and <= MaxLength } && Form().IsMatch(key);

    /// <summary>The key itself.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string Check(string key) => IsValid(key) ? key : throw new ArgumentException("not an object key", nameof(key));

    /// <summary>The prefix itself: a key followed by a slash.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string CheckPrefix(string prefix) =>
        prefix is { Length: > 1 } && prefix.EndsWith('/') && IsValid(prefix[..^1]) ? prefix : throw new ArgumentException("not a prefix of object keys", nameof(prefix));

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,127}(/[A-Za-z0-9][A-Za-z0-9._-]{0,127})*\\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Form();
}
