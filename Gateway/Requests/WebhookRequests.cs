using System.Text.Json;
using WhatsApp.Grains.Abstractions.Webhooks;

namespace WhatsApp.Gateway.Requests;

/// <summary>Reads <c>webhook</c>: a URL, an object, or a list of objects (rest-api part B).</summary>
internal static class WebhookRequests
{
    private const int MaxEndpoints = 10;
    private const int MinSecret = 16;

    /// <summary>The endpoints, with ids w1, w2, … in the order given.</summary>
    public static IReadOnlyList<WebhookEndpoint> Read(JsonBody body)
    {
        if (body.Find("webhook") is not { } value)
            return [];
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                return CheckUrl(body, "webhook", value.GetString()!) is { } url ? [new WebhookEndpoint { Id = "w1", Url = url }] : [];
            case JsonValueKind.Object:
                return [Endpoint(body.Nested(value, "webhook"), 1)];
            case JsonValueKind.Array when value.GetArrayLength() <= MaxEndpoints:
                return [.. value.EnumerateArray().Select((item, index) => Item(body, item, index)).OfType<WebhookEndpoint>()];
            case JsonValueKind.Array:
                body.Fail<string>("webhook", "too-many", $"must have at most {MaxEndpoints} entries");
                return [];
            default:
                body.Fail<string>("webhook", "invalid-type", "must be a URL, an object or a list of objects");
                return [];
        }
    }

    private static WebhookEndpoint? Item(JsonBody body, JsonElement item, int index)
    {
        if (item.ValueKind == JsonValueKind.Object)
            return Endpoint(body.Nested(item, $"webhook/{index}"), index + 1);
        if (item.ValueKind == JsonValueKind.String && CheckUrl(body, $"webhook/{index}", item.GetString()!) is { } url)
            return new WebhookEndpoint { Id = $"w{index + 1}", Url = url };
        if (item.ValueKind != JsonValueKind.String)
            body.Fail<string>($"webhook/{index}", "invalid-type", "must be a URL or an object");
        return null;
    }

    private static WebhookEndpoint Endpoint(JsonBody body, int number)
    {
        var secret = body.Text("secret", 256);
        if (secret is { Length: < MinSecret })
            body.Fail<string>("secret", "too-short", $"must have at least {MinSecret} characters");
        var headers = body.Texts("headers", 20, 128, 2048);
        foreach (var (name, content) in headers)
            if (!IsHeader(name, content))
                body.Fail<string>($"headers/{JsonBody.Escape(name)}", "invalid-format", "is not a valid HTTP header");
        return new WebhookEndpoint
        {
            Id = $"w{number}",
            Url = CheckUrl(body, "url", body.RequiredText("url", 2048)) ?? "",
            Events = body.TextList("events", 100, 64),
            Headers = headers,
            Secret = secret,
            Enabled = body.Flag("enabled", true),
            IncludeMedia = IncludeMedia(body),
            Retries = body.Object("retries") is { } retries ? Retries(retries) : new WebhookRetryPolicy(),
        };
    }

    private static string IncludeMedia(JsonBody body)
    {
        var included = body.Text("includeMedia", 16) ?? "url";
        return included is "none" or "url" or "base64" ? included : body.Fail<string>("includeMedia", "invalid-value", "must be none, url or base64") ?? "url";
    }

    private static WebhookRetryPolicy Retries(JsonBody body)
    {
        var policy = body.Text("policy", 16) ?? "exponential";
        if (policy is not ("exponential" or "linear" or "constant"))
            body.Fail<string>("policy", "invalid-value", "must be exponential, linear or constant");
        return new WebhookRetryPolicy
        {
            Policy = policy,
            MaxAttempts = body.Number("maxAttempts", 0, 1000, 0),
            InitialDelaySeconds = body.Number("initialDelaySeconds", 1, 3600, 2),
            MaxDelaySeconds = body.Number("maxDelaySeconds", 1, 86_400, 900),
        };
    }

    private static string? CheckUrl(JsonBody body, string name, string url)
    {
        if (url.Length == 0)
            return null;
        if (url.Length <= 2048 && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            && uri.Host.Length > 0 && uri.UserInfo.Length == 0)
            return url;
        return body.Fail<string>(name, "invalid-url", "must be an http or https URL without user name");
    }

    private static bool IsHeader(string name, string value) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
        && value.All(c => c is '\t' or (>= ' ' and < '\u007f'));
}
