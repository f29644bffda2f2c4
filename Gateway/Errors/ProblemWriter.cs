using System.Globalization;
using System.Text.Json;

namespace WhatsApp.Gateway.Errors;

/// <summary>One field that is wrong.</summary>
/// <param name="Pointer">JSON pointer, e.g. /to.</param>
/// <param name="Code">required, invalid-type, too-long, …</param>
/// <param name="Message">For a person.</param>
public readonly record struct FieldError(string Pointer, string Code, string Message);

/// <summary>A refusal of the gateway itself.</summary>
public sealed class ProblemException(string code, string detail, IReadOnlyList<FieldError>? errors = null, IReadOnlyDictionary<string, string>? facts = null)
    : Exception(detail)
{
    /// <summary>One of <see cref="ProblemCodes"/>.</summary>
    public string Code { get; } = code;
    /// <summary>Fields that are wrong.</summary>
    public IReadOnlyList<FieldError> Errors { get; } = errors ?? [];
    /// <summary>Extension members.</summary>
    public IReadOnlyDictionary<string, string> Facts { get; } = facts ?? new Dictionary<string, string>();
}

/// <summary>Writes RFC 9457 problem documents.</summary>
public static class ProblemWriter
{
    /// <summary>Answers with a problem; the response must not have started.</summary>
    public static async Task WriteAsync(HttpContext context, string code, string detail,
        IReadOnlyList<FieldError>? errors = null, IReadOnlyDictionary<string, string>? facts = null)
    {
        var (status, title, retryable) = ProblemCodes.Of(code);
        var response = context.Response;
        var (allow, contentRange) = (response.Headers.Allow, response.Headers.ContentRange);
        response.Clear();
        RequestId.Stamp(context);
        response.StatusCode = status;
        if (status == StatusCodes.Status405MethodNotAllowed)
            response.Headers.Allow = allow;
        if (status == StatusCodes.Status416RangeNotSatisfiable)
            response.Headers.ContentRange = contentRange;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (code == "unauthorized")
            response.Headers.WWWAuthenticate = "Bearer";
        if (retryable && status is 409 or 429 or 503)
            response.Headers.RetryAfter = "1";
        await using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("type", $"{context.RequestServices.GetRequiredService<GatewayOptions>().BaseUrl}/problems/{code}");
        json.WriteString("title", title);
        json.WriteNumber("status", status);
        json.WriteString("detail", detail);
        json.WriteString("instance", context.Request.Path);
        json.WriteString("code", code);
        json.WriteString("requestId", RequestId.Of(context));
        json.WriteBoolean("retryable", retryable);
        foreach (var (name, value) in facts ?? new Dictionary<string, string>())
            WriteFact(json, name, value);
        WriteErrors(json, errors);
        json.WriteEndObject();
    }

    // The server's numbers are numbers.
    private static void WriteFact(Utf8JsonWriter json, string name, string value)
    {
        if (name is "nack" or "upstreamStatus" && int.TryParse(value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number))
            json.WriteNumber(name, number);
        else
            json.WriteString(name, value);
    }

    private static void WriteErrors(Utf8JsonWriter json, IReadOnlyList<FieldError>? errors)
    {
        if (errors is not { Count: > 0 })
            return;
        json.WriteStartArray("errors");
        foreach (var error in errors)
        {
            json.WriteStartObject();
            json.WriteString("pointer", error.Pointer);
            json.WriteString("code", error.Code);
            json.WriteString("message", error.Message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }
}
