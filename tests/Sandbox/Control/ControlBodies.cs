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

/// <summary>
/// <c>POST /sandbox/phones</c>; <paramref name="ReadsAtOnce"/> makes the phone send read receipts by itself, <paramref name="LidOnly"/> hides its
/// number, <paramref name="KeepsMedia"/> false makes it unable to upload files again.
/// </summary>
internal sealed record AddPhoneBody(string? PhoneNumber, string? PushName, bool ReadsAtOnce, bool LidOnly = false, bool KeepsMedia = true, bool NeedsPasskey = false);

/// <summary><c>POST /sandbox/phones/{n}/receipts</c></summary>
internal sealed record ReceiptBody(string? MessageId, string? Type);

/// <summary><c>POST /sandbox/phones/{n}/scan</c></summary>
internal sealed record ScanBody(string? Qr);

/// <summary><c>POST /sandbox/phones/{n}/pair-code</c></summary>
internal sealed record PairCodeBody(string? Code);

/// <summary><c>POST /sandbox/phones/{n}/unlink</c></summary>
internal sealed record UnlinkBody(string? DeviceJid);
