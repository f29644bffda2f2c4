using WhatsApp.Protocol.Schema;
using static WhatsApp.Protocol.Schema.ClientPayload.Types;

namespace WhatsApp.Protocol.Pairing;

/// <summary>The part of the ClientPayload that registration and login share (wire/01 §4.1).</summary>
internal static class ClientIdentification
{
    /// <summary>A web client in a browser, on Wi-Fi, opened by its user.</summary>
    public static ClientPayload Describe(ClientVersion version) => new()
    {
        UserAgent = new()
        {
            Platform = UserAgent.Types.Platform.Web,
            AppVersion = version.ToProto(),
            Mcc = "000",
            Mnc = "000",
            OsVersion = "0.1",
            Manufacturer = "",
            Device = "Desktop",
            OsBuildNumber = "0.1",
            ReleaseChannel = UserAgent.Types.ReleaseChannel.Release,
            LocaleLanguageIso6391 = "en",
            LocaleCountryIso31661Alpha2 = "US",
        },
        WebInfo = new() { WebSubPlatform = WebInfo.Types.WebSubPlatform.WebBrowser },
        ConnectType = ConnectType.WifiUnknown,
        ConnectReason = ConnectReason.UserActivated,
    };
}
