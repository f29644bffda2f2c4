using System.Text.Json;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Requests;

/// <summary><c>linkPreview</c> of a text: <c>true | false | { title, description, url, thumbnailUrl }</c> (rest-api part B).</summary>
internal static class LinkPreviewFields
{
    private const string Name = "linkPreview";
    private const int MaxTitle = 256;
    private const int MaxDescription = 1024;
    private const int MaxAddress = 2048;

    /// <summary>The wish, or null when there is none.</summary>
    public static LinkPreviewWish? Read(JsonBody body, string text)
    {
        if (body.Find(Name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.Object)
            return new LinkPreviewWish(body.Flag(Name, true));
        var fields = body.Nested(value, Name);
        var wish = new LinkPreviewWish(true)
        {
            Title = fields.Text("title", MaxTitle) is { Length: > 0 } title ? title : null,
            Description = fields.Text("description", MaxDescription),
            Url = fields.Text("url", MaxAddress),
            ThumbnailUrl = fields.Text("thumbnailUrl", MaxAddress),
        };
        if (wish.Url is { } link && (link.Length == 0 || !text.Contains(link, StringComparison.Ordinal)))
            fields.Fail<string>("url", "invalid-value", "must stand in the message");
        return wish;
    }
}
