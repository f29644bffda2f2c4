using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>Times in answers: RFC 3339 in UTC with milliseconds at most, e.g. 2026-11-22T15:30:00.123Z (rest-api part A).</summary>
internal sealed class UtcTime : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.FFFZ", CultureInfo.InvariantCulture));
}
