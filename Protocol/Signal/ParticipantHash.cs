using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Signal;

/// <summary>
/// Hash of a device list, <c>2:</c> + 8 characters (wire/04 §5, "phash"): every device as <c>user.0:device@server</c>, sorted bytewise,
/// SHA-256 over all, the first 6 bytes in standard base64.
/// </summary>
public static class ParticipantHash
{
    private const string Version = "2:";
    private const int HashBytes = 6;

    /// <summary>Over the given devices, in any order. Hosted devices do not belong in the list: leave them out. No device gives <c>2:</c>.</summary>
    public static string Compute(IEnumerable<Jid> devices)
    {
        ArgumentNullException.ThrowIfNull(devices);
        var names = devices.Select(Name).ToArray();
        if (names.Length == 0)
            return Version;
        Array.Sort(names, StringComparer.Ordinal);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var name in names)
            hash.AppendData(Encoding.UTF8.GetBytes(name));
        return Version + Convert.ToBase64String(hash.GetHashAndReset().AsSpan(0, HashBytes));
    }

    private static string Name(Jid device)
    {
        var server = device.Server == Jid.LegacyServer ? Jid.PhoneServer : device.Server;
        return string.Create(CultureInfo.InvariantCulture, $"{device.User}.0:{device.Device}@{server}");
    }
}
