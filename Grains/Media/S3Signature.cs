using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace WhatsApp.Grains.Media;

/// <summary>
/// Signed S3 addresses (AWS Signature Version 4, query form, unsigned payload): whoever has the address may do this one thing for a while. Pure.
/// <code>https://HOST/BUCKET/KEY?X-Amz-Algorithm=AWS4-HMAC-SHA256&amp;X-Amz-Credential=KEY/DAY/REGION/s3/aws4_request&amp;X-Amz-Date=…&amp;X-Amz-Expires=…&amp;X-Amz-SignedHeaders=host&amp;X-Amz-Signature=…</code>
/// </summary>
internal static class S3Signature
{
    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>An address, path style.</summary>
    /// <param name="options">Keys, bucket and region.</param>
    /// <param name="at">Where the service is.</param>
    /// <param name="method">What may be done.</param>
    /// <param name="key">With which object; null = the bucket itself.</param>
    /// <param name="query">Further query, names and values not encoded.</param>
    /// <param name="lifetime">From 1 second.</param>
    /// <param name="now">Clock.</param>
    public static Uri Sign(
        S3Options options, Uri at, HttpMethod method, string? key, IReadOnlyList<(string Name, string Value)> query, TimeSpan lifetime, DateTimeOffset now) =>
        SignPath(options, at, method, key is null ? "/" + options.Bucket : $"/{options.Bucket}/{key}", query, lifetime, now);

    internal static Uri SignPath(
        S3Options options, Uri at, HttpMethod method, string path, IReadOnlyList<(string Name, string Value)> query, TimeSpan lifetime, DateTimeOffset now)
    {
        var moment = now.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);
        var scope = $"{moment[..8]}/{options.Region}/s3/aws4_request";
        (string Name, string Value)[] all =
        [
            .. query, ("X-Amz-Algorithm", Algorithm), ("X-Amz-Credential", $"{options.AccessKey}/{scope}"), ("X-Amz-Date", moment),
            ("X-Amz-Expires", ((long)Math.Max(1, lifetime.TotalSeconds)).ToString(CultureInfo.InvariantCulture)), ("X-Amz-SignedHeaders", "host"),
        ];
        var canonicalQuery = string.Join('&', all.Select(pair => $"{Uri.EscapeDataString(pair.Name)}={Uri.EscapeDataString(pair.Value)}").Order(StringComparer.Ordinal));
        var request = $"{method.Method}\n{path}\n{canonicalQuery}\nhost:{at.Authority}\n\nhost\nUNSIGNED-PAYLOAD";
        var toSign = $"{Algorithm}\n{moment}\n{scope}\n{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(request)))}";
        var signature = Convert.ToHexStringLower(Hmac(Key(options, moment[..8]), toSign));
        return new Uri($"{at.Scheme}://{at.Authority}{path}?{canonicalQuery}&X-Amz-Signature={signature}");
    }

    private static byte[] Key(S3Options options, string day) =>
        Hmac(Hmac(Hmac(Hmac(Encoding.UTF8.GetBytes("AWS4" + options.SecretKey), day), options.Region), "s3"), "aws4_request");

    private static byte[] Hmac(byte[] key, string text) => HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text));
}
