using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Requests;

/// <summary><c>settings</c> of an instance (rest-api part B).</summary>
internal static class SettingsFields
{
    private const int MaxDays = 3650;

    /// <summary>The settings given; those not given stay as they are.</summary>
    public static InstanceSettings Read(JsonBody body, InstanceSettings now)
    {
        if (body.Object("settings") is not { } settings)
            return now;
        return now with
        {
            DeviceName = settings.Text("deviceName", 64) ?? now.DeviceName,
            DownloadMedia = DownloadMedia(settings) ?? now.DownloadMedia,
            RetentionDays = settings.Number("retentionDays", 0, MaxDays, now.RetentionDays),
        };
    }

    /// <summary>As the API shows them.</summary>
    public static object Json(InstanceSettings settings) => new
    {
        deviceName = settings.DeviceName,
        downloadMedia = settings.DownloadMedia,
        retentionDays = settings.RetentionDays,
    };

    private static string? DownloadMedia(JsonBody settings) => settings.Text("downloadMedia", 16) switch
    {
        null => null,
        "auto" => "auto",
        "lazy" => "lazy",
        "off" => "off",
        _ => settings.Fail<string>("downloadMedia", "invalid-value", "must be auto, lazy or off"),
    };
}
