using static WhatsApp.Protocol.Schema.DeviceProps.Types;

namespace WhatsApp.Protocol.Pairing;

/// <summary>
/// What kind of companion we show as: the browser decides the icon, the OS is the text in the phone's list of linked devices.
/// </summary>
/// <param name="Os">Free text, e.g. "Linux".</param>
/// <param name="Type">For DeviceProps (wire/01 §4.2).</param>
/// <param name="Id">One character, for QR and link code (wire/01 §6.2).</param>
public sealed record CompanionPlatform(string Os, PlatformType Type, string Id)
{
    /// <summary>Reads "Browser (OS)". Any other text becomes the OS of an unknown kind of client.</summary>
    public static CompanionPlatform Parse(string deviceName)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(deviceName);
        var open = deviceName.IndexOf(" (", StringComparison.Ordinal);
        if (open > 0 && deviceName.Length > open + 3 && deviceName.EndsWith(')') && KindOf(deviceName[..open]) is var (type, id))
            return new(deviceName[(open + 2)..^1], type, id);
        return new(deviceName, PlatformType.Unknown, "0");
    }

    private static (PlatformType, string)? KindOf(string browser) => browser switch
    {
        "Chrome" => (PlatformType.Chrome, "1"),
        "Edge" => (PlatformType.Edge, "2"),
        "Firefox" => (PlatformType.Firefox, "3"),
        "IE" => (PlatformType.Ie, "4"),
        "Opera" => (PlatformType.Opera, "5"),
        "Safari" => (PlatformType.Safari, "6"),
        "Desktop" => (PlatformType.Desktop, "7"),
        "UWP" => (PlatformType.Uwp, "8"),
        _ => null,
    };
}
