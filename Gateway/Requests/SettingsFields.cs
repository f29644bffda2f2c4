using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Requests;

/// <summary><c>settings</c> of an instance (rest-api part B).</summary>
internal static class SettingsFields
{
    private const int MaxDays = 3650;
    private const int MaxMessage = 4096;

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
            GroupsIgnore = settings.Flag("groupsIgnore", now.GroupsIgnore),
            AlwaysOnline = settings.Flag("alwaysOnline", now.AlwaysOnline),
            AutoRead = settings.Flag("autoRead", now.AutoRead),
            RejectCalls = settings.Flag("rejectCalls", now.RejectCalls),
            RejectCallMessage = settings.Has("rejectCallMessage") ? settings.Text("rejectCallMessage", MaxMessage) is { Length: > 0 } text ? text : null : now.RejectCallMessage,
        };
    }

    /// <summary>As the API shows them.</summary>
    public static object Json(InstanceSettings settings) => new
    {
        deviceName = settings.DeviceName,
        downloadMedia = settings.DownloadMedia,
        retentionDays = settings.RetentionDays,
        groupsIgnore = settings.GroupsIgnore,
        alwaysOnline = settings.AlwaysOnline,
        autoRead = settings.AutoRead,
        rejectCalls = settings.RejectCalls,
        rejectCallMessage = settings.RejectCallMessage,
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
