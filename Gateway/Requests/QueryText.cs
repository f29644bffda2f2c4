using System.Globalization;
using WhatsApp.Gateway.Errors;

namespace WhatsApp.Gateway.Requests;

/// <summary>Query parameters read one by one; what is not usable is refused with its name (rest-api part A).</summary>
internal static class QueryText
{
    private const int MaxLength = 256;

    /// <summary>A text, or null when absent or empty.</summary>
    /// <exception cref="ProblemException">Too long, or given twice.</exception>
    public static string? Text(this HttpRequest request, string name) => request.Query[name] switch
    {
        { Count: 0 } or [null or ""] => null,
        [{ Length: <= MaxLength } value] => value,
        [_] => throw Bad(name, "too-long", $"must have at most {MaxLength} characters"),
        _ => throw Bad(name, "invalid-value", "must be given once"),
    };

    /// <summary>A whole number in a range.</summary>
    public static int Number(this HttpRequest request, string name, int min, int max, int otherwise)
    {
        if (request.Text(name) is not { } text)
            return otherwise;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? number
            : throw Bad(name, "out-of-range", $"must be between {min} and {max}");
    }

    /// <summary>true or false.</summary>
    public static bool Flag(this HttpRequest request, string name, bool otherwise) => request.Text(name) switch
    {
        null => otherwise,
        "true" or "1" => true,
        "false" or "0" => false,
        _ => throw Bad(name, "invalid-value", "must be true or false"),
    };

    /// <summary>One of some words.</summary>
    public static string? OneOf(this HttpRequest request, string name, params ReadOnlySpan<string> words)
    {
        var text = request.Text(name);
        return text is null || words.Contains(text) ? text : throw Bad(name, "invalid-value", $"must be one of {string.Join(", ", words!)}");
    }

    /// <summary>RRGGBB, with or without #.</summary>
    public static string Colour(this HttpRequest request, string name, string otherwise)
    {
        if (request.Text(name) is not { } text)
            return otherwise;
        var hex = text.TrimStart('#');
        return hex.Length == 6 && hex.All(char.IsAsciiHexDigit) ? hex : throw Bad(name, "invalid-value", "must be a colour of six hex digits");
    }

    private static ProblemException Bad(string name, string code, string why) =>
        new("validation-failed", $"{name} {why}", [new FieldError("/" + name, code, why)]);
}
