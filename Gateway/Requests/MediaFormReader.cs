using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using WhatsApp.Gateway.Errors;

namespace WhatsApp.Gateway.Requests;

/// <summary>
/// A multipart form that holds a file: the part <c>file</c> (or any part with a file name) is given out as a stream, the others become a JSON object — the fields of a
/// part <c>json</c>, and each form field, whose text is read as true, false, a number or JSON where the field is of that kind (rest-api part A).
/// </summary>
internal sealed class MediaFormReader(HttpRequest request)
{
    private const int MaxBoundary = 128;
    private static readonly HashSet<string> Flags = new(StringComparer.Ordinal) { "viewOnce", "hd", "gif", "note", "ptt", "convert", "queue", "async", "mentionsEveryOne" };
    private static readonly HashSet<string> Numbers = new(StringComparer.Ordinal) { "delay", "ephemeralExpiration", "priority" };
    private readonly Dictionary<string, JsonElement> _fields = new(StringComparer.Ordinal);
    private long _size;

    /// <summary>True for <c>multipart/form-data</c>.</summary>
    public static bool Suits(HttpRequest request) => request.ContentType?.StartsWith("multipart/form-data", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>The fields as a JSON object; complete when <see cref="TakeAsync"/> has returned.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(_fields);

    /// <summary>Reads to the end; the file, if there is one, goes through <paramref name="take"/> with its name.</summary>
    /// <exception cref="ProblemException">body-too-large, validation-failed or malformed-json.</exception>
    public async Task TakeAsync(Func<string?, Stream, Task> take, CancellationToken cancellationToken)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 and <= MaxBoundary } boundary)
            throw new ProblemException("unsupported-media-type", "the multipart body has no boundary");
        var reader = new MultipartReader(boundary.ToString(), request.Body);
        var found = false;
        try
        {
            while (await reader.ReadNextSectionAsync(cancellationToken) is { } section)
            {
                if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition) || HeaderUtilities.RemoveQuotes(disposition.Name) is not { Length: > 0 } name)
                    continue;
                var fileName = HeaderUtilities.RemoveQuotes(disposition.FileNameStar.HasValue ? disposition.FileNameStar : disposition.FileName).Value;
                if (name != "file" && fileName is null)
                    await FieldAsync(name.ToString(), section.Body, cancellationToken);
                else if (found)
                    throw Invalid("file", "there is more than one file");
                else
                {
                    found = true;
                    await take(fileName, section.Body);
                }
            }
        }
        catch (Exception error) when (error is InvalidDataException || (error is IOException && error is not BadHttpRequestException && error.Message.StartsWith("Unexpected end", StringComparison.Ordinal)))
        {
            throw new ProblemException("malformed-json", "the multipart body is broken: " + error.Message);
        }
    }

    private async Task FieldAsync(string name, Stream body, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[8192];
        int read;
        while ((read = await body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if ((_size += read) > JsonBody.MaxBytes)
                throw new ProblemException("body-too-large", "the fields beside the file are larger than this route takes");
            bytes.Write(buffer, 0, read);
        }
        if (name == "json")
        {
            foreach (var (key, value) in JsonBody.PropertiesOf(bytes.ToArray()))
                _fields.TryAdd(key, value);
            return;
        }
        var text = System.Text.Encoding.UTF8.GetString(bytes.ToArray());
        _fields[name] = Value(name, text);
    }

    private static JsonElement Value(string name, string text)
    {
        if (Flags.Contains(name) && text is "true" or "false" or "1" or "0")
            return JsonSerializer.SerializeToElement(text is "true" or "1");
        if (Numbers.Contains(name) && long.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var number))
            return JsonSerializer.SerializeToElement(number);
        if (text.StartsWith('[') || text.StartsWith('{'))
            try
            {
                return JsonSerializer.Deserialize<JsonElement>(text);
            }
            catch (JsonException)
            {
                // A text like any other.
            }
        return JsonSerializer.SerializeToElement(text);
    }

    private static ProblemException Invalid(string field, string why) => new("validation-failed", why, [new FieldError("/" + field, "invalid-format", why)]);
}
