using System.Globalization;
using System.Xml.Linq;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Grains.Media;

/// <summary>
/// One page of a listing; servers differ in the namespace.
/// <code>&lt;ListBucketResult&gt;&lt;IsTruncated/&gt;&lt;Contents&gt;&lt;Key/&gt;&lt;LastModified/&gt;&lt;Size/&gt;&lt;/Contents&gt;…</code>
/// </summary>
internal static class S3Listing
{
    /// <summary>The objects, and the key after which the next page begins (null = the last page). What is not ours is left out.</summary>
    public static (IReadOnlyList<ObjectEntry> Entries, string? Next) Read(XDocument page)
    {
        List<ObjectEntry> entries = [];
        foreach (var item in page.Root?.Elements().Where(element => element.Name.LocalName == "Contents") ?? [])
            if (Text(item, "Key") is { } key && ObjectKey.IsValid(key)
                && long.TryParse(Text(item, "Size"), NumberStyles.None, CultureInfo.InvariantCulture, out var size)
                && DateTimeOffset.TryParse(Text(item, "LastModified"), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var written))
                entries.Add(new ObjectEntry(key, size, written));
        return (entries, IsTruncated(page) ? LastKey(page) : null);
    }

    private static bool IsTruncated(XDocument page) => page.Root is { } root && Text(root, "IsTruncated") == "true";

    private static string? LastKey(XDocument page) => page.Root!.Elements().LastOrDefault(element => element.Name.LocalName == "Contents") is { } last ? Text(last, "Key") : null;

    private static string? Text(XElement parent, string name) => parent.Elements().FirstOrDefault(element => element.Name.LocalName == name)?.Value;
}
