using System.Security.Cryptography;

namespace WhatsApp.Protocol.Devices;

/// <summary>Unique ids for questions we ask (usync sid).</summary>
internal static class StanzaIds
{
    /// <summary>16 upper-case hex characters.</summary>
    public static string New() => RandomNumberGenerator.GetHexString(16);
}
