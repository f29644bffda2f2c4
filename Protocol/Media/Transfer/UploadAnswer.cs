using System.Globalization;
using System.Text.Json;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>Where an uploaded file is now.</summary>
/// <param name="Url">For the message.</param>
/// <param name="DirectPath">For the message; begins with a slash.</param>
/// <param name="Handle">For channels, when given.</param>
public sealed record UploadedMedia(string Url, string DirectPath, string? Handle);

/// <summary>The JSON of a media host (wire/05 §3).</summary>
internal static class UploadAnswer
{
    /// <summary>Longest answer read, bytes.</summary>
    public const int MaxLength = 64 * 1024;

    /// <summary><c>{"url","direct_path"[,"handle"]}</c>; null when it is something else.</summary>
    public static UploadedMedia? Read(ReadOnlyMemory<byte> json) => Parse(json, root =>
        Text(root, "url") is { Length: > 0 } url && Text(root, "direct_path") is { } path && path.StartsWith('/')
            ? new UploadedMedia(url, path, Text(root, "handle"))
            : null);

    /// <summary><c>{"resume":"complete","url","direct_path"}</c> or <c>{"resume":"OFFSET"}</c> with 0 &lt; offset &lt; size; else nothing is there.</summary>
    public static (UploadedMedia? Complete, long Offset) ReadResume(ReadOnlyMemory<byte> json, long size)
    {
        var resume = Parse(json, root => Text(root, "resume"));
        if (resume == "complete")
            return (Read(json), 0);
        return long.TryParse(resume, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) && offset > 0 && offset < size ? (null, offset) : (null, 0);
    }

    private static T? Parse<T>(ReadOnlyMemory<byte> json, Func<JsonElement, T?> read) where T : class
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            return document.RootElement.ValueKind == JsonValueKind.Object ? read(document.RootElement) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string? Text(JsonElement root, string name) => root.TryGetProperty(name, out var value)
        ? value.ValueKind switch { JsonValueKind.String => value.GetString(), JsonValueKind.Number => value.GetRawText(), _ => null }
        : null;
}
