using Microsoft.Extensions.Configuration;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Grains.Media;

/// <summary>An S3 service and a bucket of it.</summary>
/// <param name="Endpoint">How we reach it: http or https, host and port.</param>
/// <param name="AccessKey">Name.</param>
/// <param name="SecretKey">Secret.</param>
/// <param name="Bucket">Made when missing.</param>
/// <param name="PublicUrl">How others reach it, for presigned addresses.</param>
/// <param name="Region">Signed with every request.</param>
public sealed record S3Options(Uri Endpoint, string AccessKey, string SecretKey, string Bucket, Uri PublicUrl, string Region)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => $"{Endpoint}{Bucket}";
}

/// <summary>Where files lie: in S3 when <c>MINIO_ENDPOINT</c> is set, else in <c>DATA_DIR/media</c>.</summary>
public static class ObjectStoreOptions
{
    private const string DefaultBucket = "whatsapp";
    private const string DefaultRegion = "us-east-1";
    private static readonly string[] Others = ["MINIO_ACCESS_KEY", "MINIO_SECRET_KEY", "MINIO_BUCKET", "MINIO_PUBLIC_URL", "MINIO_REGION"];

    /// <summary>
    /// Reads <c>MINIO_ENDPOINT</c>, <c>MINIO_ACCESS_KEY</c>, <c>MINIO_SECRET_KEY</c>, <c>MINIO_BUCKET</c> (whatsapp), <c>MINIO_PUBLIC_URL</c> (the endpoint) and
    /// <c>MINIO_REGION</c> (us-east-1); null = no S3.
    /// </summary>
    /// <exception cref="BadConfigurationException">A value is missing or not usable; the message names it.</exception>
    public static S3Options? S3From(IConfiguration configuration)
    {
        if (Text("MINIO_ENDPOINT") is not { } endpoint)
        {
            var lonely = Others.FirstOrDefault(name => Text(name) is not null);
            return lonely is null ? null : throw new BadConfigurationException($"{lonely} is set, but MINIO_ENDPOINT is not");
        }
        var address = Address("MINIO_ENDPOINT", endpoint);
        return new S3Options(address, Needed("MINIO_ACCESS_KEY"), Needed("MINIO_SECRET_KEY"), Bucket(), Text("MINIO_PUBLIC_URL") is { } given ? Address("MINIO_PUBLIC_URL", given) : address,
            Text("MINIO_REGION") ?? DefaultRegion);

        string? Text(string name) => configuration[name] is { Length: > 0 } text ? text : null;

        string Needed(string name) => Text(name) ?? throw new BadConfigurationException($"{name} must be set when MINIO_ENDPOINT is");

        string Bucket()
        {
            var name = Text("MINIO_BUCKET") ?? DefaultBucket;
            return name.Length is >= 3 and <= 63 && char.IsAsciiLetterOrDigit(name[0]) && char.IsAsciiLetterOrDigit(name[^1])
                && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '.' or '-')
                ? name
                : throw new BadConfigurationException("MINIO_BUCKET must have 3 to 63 lower-case letters, digits, dots and dashes");
        }
    }

    // "minio:9000" is how MinIO's own tools write it.
    private static Uri Address(string name, string text)
    {
        var full = text.Contains("://", StringComparison.Ordinal) ? text : "http://" + text;
        return Uri.TryCreate(full, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri is { Host.Length: > 0, PathAndQuery: "/", UserInfo: "", Fragment: "" }
            ? uri
            : throw new BadConfigurationException($"{name} must be host:port or an http(s) address without a path");
    }
}
