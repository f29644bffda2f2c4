using System.Text.Json;

namespace WhatsApp.Interop.Tests;

/// <summary>One line a client program wrote: <c>{"event": "message", "id": "…", …}</c></summary>
internal sealed record ClientEvent(string Name, JsonElement Fields)
{
    /// <summary>A text field, or null.</summary>
    public string? this[string field] => Fields.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    /// <summary>A number field; null when it is missing or null.</summary>
    public int? Number(string field) => Fields.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt32() : null;

    /// <summary>A field that is true.</summary>
    public bool Is(string field) => Fields.TryGetProperty(field, out var value) && value.ValueKind == JsonValueKind.True;

    public override string ToString() => Fields.GetRawText();
}
