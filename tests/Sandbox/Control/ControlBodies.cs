using System.Text.Json;
using System.Text.Json.Serialization;

namespace WhatsApp.Sandbox.Control;

/// <summary>JSON as the control API reads and writes it: camel case, enums by name.</summary>
internal static class Json
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase, allowIntegerValues: false) },
    };
}

/// <summary><c>POST /sandbox/phones</c>; <paramref name="ReadsAtOnce"/> makes the phone send read receipts by itself.</summary>
internal sealed record AddPhoneBody(string? PhoneNumber, string? PushName, bool ReadsAtOnce);

/// <summary><c>POST /sandbox/phones/{n}/scan</c></summary>
internal sealed record ScanBody(string? Qr);

/// <summary><c>POST /sandbox/phones/{n}/pair-code</c></summary>
internal sealed record PairCodeBody(string? Code);

/// <summary><c>POST /sandbox/phones/{n}/unlink</c></summary>
internal sealed record UnlinkBody(string? DeviceJid);
