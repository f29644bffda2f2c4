using System.Security.Cryptography;
using System.Text;

namespace WhatsApp.Grains.Webhooks;

/// <summary>The two signatures of rest-api part C. Pure.</summary>
public static class WebhookSignature
{
    /// <summary>Standard Webhooks: <c>v1,</c> + base64 HMAC-SHA256 over <c>id.timestamp.body</c>.</summary>
    /// <param name="secret">The endpoint's secret; a <c>whsec_</c> prefix means base64 follows.</param>
    /// <param name="eventId">Same on every retry.</param>
    /// <param name="timestamp">Seconds since the Unix epoch, as in the header.</param>
    /// <param name="body">Bytes as sent.</param>
    public static string Standard(string secret, string eventId, long timestamp, ReadOnlySpan<byte> body)
    {
        using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, KeyOf(secret));
        hmac.AppendData(Encoding.UTF8.GetBytes($"{eventId}.{timestamp}."));
        hmac.AppendData(body);
        return "v1," + Convert.ToBase64String(hmac.GetHashAndReset());
    }

    /// <summary>Meta and GOWA style: <c>sha256=</c> + hex HMAC-SHA256 over the body.</summary>
    public static string Hub(string secret, ReadOnlySpan<byte> body) =>
        "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), body));

    private static byte[] KeyOf(string secret)
    {
        const string prefix = "whsec_";
        var buffer = new byte[secret.Length];
        return secret.StartsWith(prefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(secret[prefix.Length..], buffer, out var written)
            ? buffer[..written]
            : Encoding.UTF8.GetBytes(secret);
    }
}
