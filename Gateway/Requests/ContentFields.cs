using System.Text.Json;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Requests;

/// <summary>The fields of each kind of content (rest-api part B).</summary>
internal static class ContentFields
{
    private const int MaxText = 65_536;
    private const int MaxLine = 1024;
    private const int MaxOptions = 12;
    private const int MaxOption = 100;

    public static SendContent Text(JsonBody body)
    {
        var text = body.RequiredText("message", MaxText, alias: "text");
        return new TextContent(text) { Preview = LinkPreviewFields.Read(body, text) };
    }

    public static SendContent Location(JsonBody body) => new LocationContent(
        Degrees(body, "latitude", 90), Degrees(body, "longitude", 180), body.Text("name", MaxLine), body.Text("address", MaxLine), body.Text("url", 2048));

    public static SendContent Contacts(JsonBody body) => ContactFields.Read(body);

    public static SendContent Poll(JsonBody body)
    {
        var question = body.RequiredText("name", MaxLine, alias: "question");
        var options = body.TextList(body.Find("options") is null ? "values" : "options", MaxOptions, MaxOption);
        if (options.Count < 2 || options.Any(string.IsNullOrEmpty) || options.Distinct(StringComparer.Ordinal).Count() != options.Count)
            body.Fail<string>("options", "invalid-format", $"must be 2 to {MaxOptions} different options");
        var many = body.Flag("multipleAnswers", false);
        return new PollContent(question, options, body.Number("selectableCount", 0, Math.Max(options.Count, 1), many ? 0 : 1));
    }

    public static SendContent Reaction(JsonBody body)
    {
        var target = body.Find("messageId", "key") is { } value ? SendFields.Pointer(body, body.Find("messageId") is null ? "key" : "messageId", value) : body.Fail<MessagePointer>("messageId", "required", "is required");
        var emoji = body.Text("emoji", 64, alias: "reaction");
        if (emoji is null)
            body.Fail<string>("emoji", "required", "is required; empty takes the reaction back");
        return new ReactionContent(target ?? new MessagePointer(""), emoji ?? "");
    }

    /// <summary>Content named by <c>type</c>; text when there is none.</summary>
    public static SendContent ByType(JsonBody body)
    {
        var type = body.Text("type", 32) ?? "text";
        return type switch
        {
            "text" => Text(body),
            "location" => Location(body),
            "contact" or "contacts" => Contacts(body),
            "poll" => Poll(body),
            _ => Unknown(body),
        };
    }

    private static TextContent Unknown(JsonBody body)
    {
        body.Fail<string>("type", "invalid-value", "must be text, image, video, audio, document, sticker, location, contact or poll");
        return new TextContent("");
    }

    private static double Degrees(JsonBody body, string name, double limit)
    {
        if (body.Find(name) is not { } value)
            body.Fail<string>(name, "required", "is required");
        else if (value.ValueKind != JsonValueKind.Number || !value.TryGetDouble(out var number))
            body.Fail<string>(name, "invalid-type", "must be a number");
        else if (number >= -limit && number <= limit)
            return number;
        else
            body.Fail<string>(name, "out-of-range", $"must be between -{limit} and {limit}");
        return 0;
    }
}
