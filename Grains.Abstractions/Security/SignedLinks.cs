using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WhatsApp.Grains.Abstractions.Security;

/// <summary>
/// Links that open one thing without an API key, for a time: <c>?token=EXPIRY.MAC</c>, EXPIRY in seconds since the Unix epoch, MAC the
/// base64url HMAC-SHA256 over purpose, instance, subject and expiry. Nothing is stored: a link ends with its time, or with the data key.
/// </summary>
/// <param name="key">32 bytes, derived from the data key.</param>
/// <param name="baseUrl">How callers reach the service, without a slash at the end.</param>
/// <param name="time">Clock.</param>
public sealed class SignedLinks(byte[] key, string baseUrl, TimeProvider time)
{
    /// <summary>Purpose of links to the file of a message; the subject is the message id.</summary>
    public const string Media = "media";
    /// <summary>Purpose of links to the QR on show; no subject.</summary>
    public const string Qr = "qr";
    /// <summary>How long a QR link opens.</summary>
    public static readonly TimeSpan QrLife = TimeSpan.FromMinutes(5);
    /// <summary>How long a link to a file opens: longer than an event is tried.</summary>
    public static readonly TimeSpan MediaLife = TimeSpan.FromDays(7);
    private const int MaxToken = 80;

    /// <summary>Link to a message's file: <c>BASE/instances/ID/messages/MESSAGE/media?token=…</c>.</summary>
    public string ToMedia(string instanceId, string messageId) =>
        $"{baseUrl}/instances/{Uri.EscapeDataString(instanceId)}/messages/{Uri.EscapeDataString(messageId)}/media?token={Token(Media, instanceId, messageId, MediaLife)}";

    /// <summary>Link to the QR on show, as a picture: <c>BASE/instances/ID/qr?format=png&amp;token=…</c>.</summary>
    public string ToQr(string instanceId) =>
        $"{baseUrl}/instances/{Uri.EscapeDataString(instanceId)}/qr?format=png&token={Token(Qr, instanceId, "", QrLife)}";

    /// <summary>A token that is good for this one thing until then.</summary>
    public string Token(string purpose, string instanceId, string subject, TimeSpan life)
    {
        var expiry = (time.GetUtcNow() + life).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"{expiry}.{Base64Url.EncodeToString(Mac(purpose, instanceId, subject, expiry))}";
    }

    /// <summary>True when this token was made here for this very thing and its time is not over.</summary>
    public bool IsValid(string purpose, string instanceId, string subject, string token)
    {
        if (token.Length > MaxToken || token.IndexOf('.', StringComparison.Ordinal) is not (> 0 and var dot))
            return false;
        var expiry = token[..dot];
        Span<byte> given = stackalloc byte[HMACSHA256.HashSizeInBytes];
        if (!Base64Url.IsValid(token.AsSpan(dot + 1), out var length) || length != given.Length || !Base64Url.TryDecodeFromChars(token.AsSpan(dot + 1), given, out _))
            return false;
        return CryptographicOperations.FixedTimeEquals(given, Mac(purpose, instanceId, subject, expiry))
            && long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var until) && time.GetUtcNow().ToUnixTimeSeconds() < until;
    }

    // Each part with its length: no two different things have the same text.
    private byte[] Mac(string purpose, string instanceId, string subject, string expiry)
    {
        var text = new StringBuilder();
        foreach (var part in new[] { purpose, instanceId, subject, expiry })
            text.Append(CultureInfo.InvariantCulture, $"{part.Length}:{part}");
        return HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text.ToString()));
    }
}
