using System.Text.Json;
using System.Text.Unicode;
using WhatsApp.Gateway.Errors;

namespace WhatsApp.Gateway.Requests;

/// <summary>
/// A JSON object read field by field: unknown fields are ignored, wrong types and missing fields are collected with their JSON pointers
/// and refused together by <see cref="Finish"/> (rest-api part A).
/// </summary>
public sealed class JsonBody
{
    /// <summary>Largest JSON body, bytes: a text of 65,536 characters fits in any escaping.</summary>
    public const long MaxBytes = 2 * 1024 * 1024;

    private static readonly JsonDocumentOptions Options = new() { MaxDepth = 32 };

    private readonly JsonElement _object;
    private readonly string _path;
    private readonly List<FieldError> _errors;

    private JsonBody(JsonElement value, string path, List<FieldError> errors) => (_object, _path, _errors) = (value, path, errors);

    /// <summary>Reads the request's body.</summary>
    /// <param name="request">JSON object, or nothing at all when <paramref name="optional"/>.</param>
    /// <param name="optional">An empty body counts as <c>{}</c>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ProblemException">malformed-json, or not an object.</exception>
    public static async Task<JsonBody> ReadAsync(HttpRequest request, bool optional, CancellationToken cancellationToken)
    {
        if (request.ContentType is { Length: > 0 } type && !type.Contains("json", StringComparison.OrdinalIgnoreCase))
            throw new ProblemException("unsupported-media-type", "send application/json");
        using var buffer = new MemoryStream();
        await request.Body.CopyToAsync(buffer, cancellationToken);
        if (buffer.Length == 0 && optional)
            return Of("{}"u8.ToArray());
        return Of(buffer.ToArray());
    }

    /// <summary>The body in these bytes.</summary>
    public static JsonBody Of(ReadOnlyMemory<byte> utf8)
    {
        JsonElement root;
        try
        {
            using var document = JsonDocument.Parse(utf8, Options);
            root = document.RootElement.Clone();
        }
        catch (JsonException error)
        {
            throw new ProblemException("malformed-json", $"line {error.LineNumber + 1}, byte {error.BytePositionInLine + 1}: not valid JSON");
        }
        if (!Utf8.IsValid(utf8.Span) || !IsText(utf8.Span, root))
            throw new ProblemException("malformed-json", "the body holds text that is not valid Unicode");
        return root.ValueKind == JsonValueKind.Object
            ? new JsonBody(root, "", [])
            : throw new ProblemException("validation-failed", "the body must be a JSON object", [new FieldError("", "invalid-type", "must be an object")]);
    }

    /// <summary>The properties of a JSON object, not read yet.</summary>
    /// <exception cref="ProblemException">malformed-json, or not an object.</exception>
    public static IEnumerable<(string Name, JsonElement Value)> PropertiesOf(ReadOnlyMemory<byte> utf8) =>
        Of(utf8)._object.EnumerateObject().Select(property => (property.Name, property.Value));

    // Half a surrogate pair passes as JSON, and fails only when it is read.
    private static bool IsText(ReadOnlySpan<byte> utf8, JsonElement root)
    {
        if (utf8.IndexOf("\\ud"u8) < 0 && utf8.IndexOf("\\uD"u8) < 0)
            return true;
        try
        {
            Read(root);
            return true;
        }
        catch (InvalidOperationException)
        {
            return false;
        }

        static void Read(JsonElement value)
        {
            if (value.ValueKind == JsonValueKind.String)
                _ = value.GetString();
            else if (value.ValueKind == JsonValueKind.Array)
                foreach (var item in value.EnumerateArray())
                    Read(item);
            else if (value.ValueKind == JsonValueKind.Object)
                foreach (var property in value.EnumerateObject())
                {
                    _ = property.Name;
                    Read(property.Value);
                }
        }
    }

    /// <summary>The first of these names that is present and not null; null when none.</summary>
    public JsonElement? Find(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
            if (_object.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
                return value;
        return null;
    }

    /// <summary>True when the name is there, be it null.</summary>
    public bool Has(string name) => _object.TryGetProperty(name, out _);

    /// <summary>A text, or null. Numbers are not taken for text.</summary>
    public string? Text(string name, int maxLength, string? alias = null)
    {
        if (Find(name, alias ?? name) is not { } value)
            return null;
        if (value.ValueKind != JsonValueKind.String)
            return Fail<string>(name, "invalid-type", "must be a string");
        var text = value.GetString()!;
        return text.Length <= maxLength ? text : Fail<string>(name, "too-long", $"must have at most {maxLength} characters");
    }

    /// <summary>A text that must be there and not be empty.</summary>
    public string RequiredText(string name, int maxLength, string? alias = null)
    {
        var before = _errors.Count;
        var text = Text(name, maxLength, alias);
        if (string.IsNullOrEmpty(text) && _errors.Count == before)
            Fail<string>(name, "required", text is null ? "is required" : "must not be empty");
        return text ?? "";
    }

    /// <summary>One of some words; must be there.</summary>
    public string? OneOf(string name, params ReadOnlySpan<string> words)
    {
        var text = Text(name, 64);
        return text is not null && words.Contains(text) ? text : Fail<string>(name, text is null ? "required" : "invalid-value", $"must be one of {string.Join(", ", words!)}");
    }

    /// <summary>true or false, or the default when absent.</summary>
    public bool Flag(string name, bool otherwise)
    {
        if (Find(name) is not { } value)
            return otherwise;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False)
            return value.GetBoolean();
        Fail<string>(name, "invalid-type", "must be true or false");
        return otherwise;
    }

    /// <summary>A whole number in a range, or the default when absent.</summary>
    public int Number(string name, int min, int max, int otherwise)
    {
        if (Find(name) is not { } value)
            return otherwise;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
        {
            if (number >= min && number <= max)
                return number;
            Fail<string>(name, "out-of-range", $"must be between {min} and {max}");
            return otherwise;
        }
        Fail<string>(name, "invalid-type", "must be a whole number");
        return otherwise;
    }

    /// <summary>A nested object, or null.</summary>
    public JsonBody? Object(string name)
    {
        if (Find(name) is not { } value)
            return null;
        return value.ValueKind == JsonValueKind.Object ? Nested(value, name) : Fail<JsonBody>(name, "invalid-type", "must be an object");
    }

    /// <summary>An object inside this one, for arrays: <paramref name="path"/> is relative, e.g. webhook/0.</summary>
    public JsonBody Nested(JsonElement value, string path) => new(value, $"{_path}/{path}", _errors);

    /// <summary>An object of texts, e.g. headers or metadata.</summary>
    public IReadOnlyDictionary<string, string> Texts(string name, int maxCount, int maxKey, int maxValue)
    {
        var texts = new Dictionary<string, string>(StringComparer.Ordinal);
        if (Object(name) is not { } inner)
            return texts;
        foreach (var property in inner._object.EnumerateObject())
        {
            if (texts.Count == maxCount)
            {
                Fail<string>(name, "too-many", $"must have at most {maxCount} entries");
                break;
            }
            if (property.Name.Length > maxKey)
                Fail<string>(name, "too-long", $"names must have at most {maxKey} characters");
            else if (property.Value.ValueKind != JsonValueKind.String)
                inner.Fail<string>(Escape(property.Name), "invalid-type", "must be a string");
            else if (property.Value.GetString()!.Length > maxValue)
                inner.Fail<string>(Escape(property.Name), "too-long", $"must have at most {maxValue} characters");
            else
                texts[property.Name] = property.Value.GetString()!;
        }
        return texts;
    }

    /// <summary>A list of texts.</summary>
    public IReadOnlyList<string> TextList(string name, int maxCount, int maxLength)
    {
        if (Find(name) is not { } value)
            return [];
        if (value.ValueKind != JsonValueKind.Array)
            return Fail<IReadOnlyList<string>>(name, "invalid-type", "must be a list of strings") ?? [];
        if (value.GetArrayLength() > maxCount)
            return Fail<IReadOnlyList<string>>(name, "too-many", $"must have at most {maxCount} entries") ?? [];
        var texts = new List<string>();
        foreach (var item in value.EnumerateArray())
            if (item.ValueKind == JsonValueKind.String && item.GetString()!.Length <= maxLength)
                texts.Add(item.GetString()!);
            else
                Fail<string>($"{name}/{texts.Count}", "invalid-type", $"must be a string of at most {maxLength} characters");
        return texts;
    }

    /// <summary>Notes a wrong field; returns null for convenience.</summary>
    /// <param name="name">Steps of a JSON pointer below this object, e.g. url or headers/X-A.</param>
    /// <param name="code">e.g. required.</param>
    /// <param name="message">For a person.</param>
    public T? Fail<T>(string name, string code, string message) where T : class
    {
        if (_errors.Count < 50)
            _errors.Add(new FieldError($"{_path}/{name}", code, message));
        return null;
    }

    /// <summary>A name of the caller's own as one step of a JSON pointer.</summary>
    public static string Escape(string name) =>
        name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal);

    /// <summary>Refuses the request if any field was wrong.</summary>
    /// <exception cref="ProblemException">validation-failed with all of them.</exception>
    public void Finish()
    {
        if (_errors.Count > 0)
            throw new ProblemException("validation-failed", string.Join("; ", _errors.Take(3).Select(error => $"{error.Pointer} {error.Message}")), _errors);
    }
}
