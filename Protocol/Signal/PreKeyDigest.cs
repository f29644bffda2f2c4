using System.Security.Cryptography;

namespace WhatsApp.Protocol.Signal;

/// <summary>
/// The server's check value over what it holds for us (wire/03 §9, digest check):
/// <c>SHA1(identity32 ‖ signedPre32 ‖ signature64 ‖ each listed one-time key 32)</c>.
/// </summary>
public static class PreKeyDigest
{
    /// <summary>20 bytes.</summary>
    /// <param name="identity">Our identity, raw 32 bytes.</param>
    /// <param name="signed">The signed pre-key the server named.</param>
    /// <param name="listed">The one-time keys the server listed, in its order.</param>
    public static byte[] Compute(ReadOnlySpan<byte> identity, SignedPreKey signed, IEnumerable<PreKey> listed)
    {
        ArgumentNullException.ThrowIfNull(signed);
        ArgumentNullException.ThrowIfNull(listed);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA1);
        hash.AppendData(identity);
        hash.AppendData(signed.Keys.PublicKey);
        hash.AppendData(signed.Signature);
        foreach (var key in listed)
            hash.AppendData(key.Keys.PublicKey);
        return hash.GetHashAndReset();
    }

    /// <summary>True when the server's value, which may be a prefix, fits ours.</summary>
    public static bool Matches(ReadOnlySpan<byte> ours, ReadOnlySpan<byte> servers) =>
        servers.Length > 0 && ours.StartsWith(servers);
}
