using System.Text.Json;

namespace WhatsApp.Gateway.Requests;

/// <summary><c>proxy</c> of an instance: a URL, or an object with <c>url</c> (rest-api part B).</summary>
internal static class ProxyFields
{
    /// <summary>http, https or socks5; null = none.</summary>
    public static string? Read(JsonBody body)
    {
        if (body.Find("proxy") is not { } value)
            return null;
        var text = value.ValueKind == JsonValueKind.Object ? body.Nested(value, "proxy").RequiredText("url", 2048) : body.Text("proxy", 2048);
        if (string.IsNullOrEmpty(text))
            return null;
        var name = value.ValueKind == JsonValueKind.Object ? "proxy/url" : "proxy";
        return Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https" or "socks5" && url.IdnHost.Length > 0 && url.Query.Length == 0
            && url.Fragment.Length == 0 && url.AbsolutePath is "" or "/"
            ? text
            : body.Fail<string>(name, "invalid-format", "must be http://, https:// or socks5:// with host and port, and user and password if needed");
    }
}
