using WhatsApp.Protocol;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Instances;

/// <summary>Status names of rest-api part B.</summary>
internal static class StatusNames
{
    /// <summary>The name of a device state.</summary>
    public static string Of(DeviceStatus status) => status switch
    {
        DeviceStatus.Connecting => "connecting",
        DeviceStatus.Qr => "qr",
        DeviceStatus.PasskeyRequired => "passkey_required",
        DeviceStatus.PasskeyConfirm => "passkey_confirm",
        DeviceStatus.Pairing => "pairing",
        DeviceStatus.Open => "open",
        DeviceStatus.Reconnecting => "reconnecting",
        DeviceStatus.Closed => "closed",
        DeviceStatus.LoggedOut => "logged_out",
        DeviceStatus.Restricted => "restricted",
        _ => "created",
    };

    /// <summary>The name of the state after a close.</summary>
    public static string Of(ConnectionClosed closed) =>
        closed.WillReconnect ? closed.CredentialsKept ? "reconnecting" : "connecting"
        : !closed.CredentialsKept ? "logged_out"
        : closed.Reason is "restricted" or "banned" ? "restricted"
        : "closed";
}
