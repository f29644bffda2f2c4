using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Encodings.Web;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Webhooks;

/// <summary>What an event tells of the file of its message beyond the sender's words.</summary>
/// <param name="Status">stored | lazy (the url fetches it) | failed.</param>
/// <param name="Url">Opens the file without an API key; null = the endpoint wants none.</param>
/// <param name="Base64">The file itself, when the endpoint wants it and it is small.</param>
/// <param name="Failure">Why it failed.</param>
/// <param name="ContentType">What it is by its content, once that is known.</param>
internal sealed record EventMedia(string Status, string? Url, string? Base64 = null, string? Failure = null, string? ContentType = null)
{
    private static readonly JsonSerializerOptions _json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>Writes the member <c>media</c> of a Message.</summary>
    /// <param name="json">Inside the object.</param>
    /// <param name="info">The sender's words.</param>
    /// <param name="media">Where it is; null for the file of a quoted message.</param>
    public static void Write(Utf8JsonWriter json, MediaInfo info, EventMedia? media)
    {
        json.WriteStartObject("media");
        json.WriteString("kind", info.Kind);
        json.WriteString("mimetype", info.Mimetype);
        json.WriteString("fileName", info.FileName);
        json.WriteNumber("size", info.Size);
        WriteNumber(json, "seconds", info.Seconds);
        WriteNumber(json, "width", info.Width);
        WriteNumber(json, "height", info.Height);
        json.WriteString("sha256", info.Sha256 is { } hash ? Convert.ToBase64String(hash) : null);
        json.WriteBoolean("ptt", info.Kind == "ptt");
        WriteWaveform(json, info.Waveform);
        if (info.Pages is { } pages)
            json.WriteNumber("pages", pages);
        if (info.Animated)
            json.WriteBoolean("animated", true);
        if (media is not null)
        {
            json.WriteString("contentType", media.ContentType);
            json.WriteString("url", media.Url);
            json.WriteString("base64", media.Base64);
            json.WriteString("status", media.Status);
            if (media.Failure is { } failure)
                json.WriteString("failure", failure);
        }
        json.WriteEndObject();
    }

    /// <summary>The body of an event that was held back, with this in the place of what it said. Null when it is no such body.</summary>
    public byte[]? Into(byte[] body)
    {
        if (JsonNode.Parse(body) is not JsonObject envelope || envelope["data"]?["media"] is not JsonObject media)
            return null;
        media["contentType"] = ContentType;
        media["url"] = Url;
        media["base64"] = Base64;
        media["status"] = Status;
        if (Failure is not null)
            media["failure"] = Failure;
        return JsonSerializer.SerializeToUtf8Bytes(envelope, _json);
    }

    private static void WriteNumber(Utf8JsonWriter json, string name, int? number)
    {
        if (number is { } value)
            json.WriteNumber(name, value);
        else
            json.WriteNull(name);
    }

    private static void WriteWaveform(Utf8JsonWriter json, byte[]? waveform)
    {
        if (waveform is null)
        {
            json.WriteNull("waveform");
            return;
        }
        json.WriteStartArray("waveform");
        foreach (var level in waveform)
            json.WriteNumberValue(level);
        json.WriteEndArray();
    }
}
