namespace WhatsApp.Gateway;

/// <summary>The gateway's own settings.</summary>
/// <param name="ListenUrl">Where it listens: every address on <c>PORT</c> (5000), or <c>LISTEN</c> (e.g. http://127.0.0.1:5000).</param>
/// <param name="BaseUrl">How callers reach it: <c>BASE_URL</c>, default http://localhost:PORT.</param>
/// <param name="ApiKey">Admin key: <c>API_KEY</c>; null = the stored ones, or a new one on first start.</param>
public sealed record GatewayOptions(string ListenUrl, string BaseUrl, string? ApiKey)
{
    private const int MinKeyLength = 16;

    /// <summary>Reads and checks.</summary>
    /// <exception cref="InvalidOperationException">A value is not usable; the message names it.</exception>
    public static GatewayOptions From(IConfiguration configuration)
    {
        var portText = configuration["PORT"] is { Length: > 0 } given ? given : "5000";
        if (!ushort.TryParse(portText, out var port))
            throw new InvalidOperationException($"PORT must be a number from 0 to 65535, not '{portText}'");
        var key = configuration["API_KEY"] is { Length: > 0 } configured ? configured : null;
        if (key is { Length: < MinKeyLength })
            throw new InvalidOperationException($"API_KEY must have at least {MinKeyLength} characters");
        var listen = configuration["LISTEN"] is { Length: > 0 } url ? url : $"http://*:{port}";
        var baseUrl = configuration["BASE_URL"] is { Length: > 0 } address ? address.TrimEnd('/') : $"http://localhost:{port}";
        return Uri.TryCreate(baseUrl, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
            ? new GatewayOptions(listen, baseUrl, key)
            : throw new InvalidOperationException("BASE_URL must be an http or https address");
    }
}
