using System.Text.RegularExpressions;

namespace WhatsApp.Deploy.Tests;

/// <summary>What an image is called.</summary>
internal static partial class ImageName
{
    /// <summary>True for name:tag where the tag says which; a variable must be asked for.</summary>
    public static bool IsPinned(string image) => Pinned().IsMatch(image) && !image.EndsWith(":latest", StringComparison.Ordinal);

    [GeneratedRegex(@"^(\$\{REGISTRY:\?[^}]+\}/)?[a-z0-9./-]+:(\$\{TAG:\?[^}]+\}|[A-Za-z0-9][\w.-]*)$", RegexOptions.ExplicitCapture, 5000)]
    private static partial Regex Pinned();
}
