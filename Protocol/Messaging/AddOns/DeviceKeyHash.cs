using System.Security.Cryptography;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>The senderKeyHash and recipientKeyHash of deviceListMetadata (wire/04 §3).</summary>
internal static class DeviceKeyHash
{
    /// <summary>Length most clients send.</summary>
    public const int DefaultSize = 8;

    /// <summary>First bytes of SHA-256 over the raw identity keys in device-list order.</summary>
    public static byte[] Of(IEnumerable<byte[]> identityKeys, int size = DefaultSize)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var key in identityKeys)
            hash.AppendData(key);
        return hash.GetHashAndReset()[..size];
    }
}
