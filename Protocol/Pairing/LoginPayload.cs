using System.Globalization;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Pairing;

/// <summary>The ClientPayload of a linked device: who it is; the noise key proves it (wire/01 §4.3).</summary>
public static class LoginPayload
{
    /// <summary>Encoded ClientPayload for the handshake.</summary>
    /// <param name="options">Version.</param>
    /// <param name="credentials">Linked: with an own phone-number device address.</param>
    /// <param name="connectAttempt">Successful connections of this process so far, from 0.</param>
    /// <param name="isLidMigrated">True when chats are kept by LID.</param>
    /// <exception cref="InvalidOperationException">The device is not linked.</exception>
    /// <exception cref="FormatException">The version of the options is not "2.3000.N".</exception>
    public static byte[] Encode(DeviceOptions options, DeviceCredentials credentials, int connectAttempt, bool isLidMigrated)
    {
        if (credentials.Jid is not { IsPhone: true } jid || !ulong.TryParse(jid.User, NumberStyles.None, CultureInfo.InvariantCulture, out var username))
            throw new InvalidOperationException("a device without a phone-number address cannot log in");
        var payload = ClientIdentification.Describe(ClientVersion.Parse(options.Version));
        payload.Username = username;
        payload.Device = (uint)jid.Device;
        payload.Passive = false;
        payload.Pull = true;
        payload.LidDbMigrated = isLidMigrated;
        payload.Lc = credentials.LoginCounter;
        payload.ConnectAttemptCount = (uint)connectAttempt;
        return payload.ToByteArray();
    }
}
