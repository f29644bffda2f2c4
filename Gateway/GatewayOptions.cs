using System.Globalization;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Gateway;

/// <summary>The gateway's own settings.</summary>
/// <param name="ListenUrl">Where it listens: every address on <c>PORT</c> (5000), or <c>LISTEN</c> (e.g. http://127.0.0.1:5000).</param>
/// <param name="BaseUrl">How callers reach it: <c>BASE_URL</c>, default http://localhost:PORT.</param>
/// <param name="ApiKey">Admin key: <c>API_KEY</c>; null = the stored ones, or a new one on first start.</param>
/// <param name="MetricsKey">Opens the metrics alone: <c>METRICS_KEY</c>; null = they are for administrators.</param>
public sealed record GatewayOptions(string ListenUrl, string BaseUrl, string? ApiKey, string? MetricsKey = null)
{
    /// <summary>When neither <c>PORT</c> nor <c>LISTEN</c> is set.</summary>
    public const string DefaultPort = "5000";

    /// <summary>Reads and checks.</summary>
    /// <exception cref="BadConfigurationException">A value is not usable; the message names it.</exception>
    public static GatewayOptions From(IConfiguration configuration)
    {
        var portText = configuration["PORT"] is { Length: > 0 } given ? given : DefaultPort;
        if (!ushort.TryParse(portText, NumberStyles.None, CultureInfo.InvariantCulture, out var port))
            throw new BadConfigurationException($"PORT must be a number from 0 to 65535, not '{portText}'");
        var apiKey = ConfiguredKey.Checked("API_KEY", configuration["API_KEY"]);
        var metricsKey = ConfiguredKey.Checked(ConfiguredKey.Metrics, configuration[ConfiguredKey.Metrics]);
        if (metricsKey is not null && metricsKey == apiKey)
            throw new BadConfigurationException("METRICS_KEY must not be the API_KEY");
        return new GatewayOptions(ListenUrlOf(configuration, port), BaseUrlOf(configuration, port), apiKey, metricsKey);
    }

    // Kestrel takes http://*:5000, which is no URI.
    private static string ListenUrlOf(IConfiguration configuration, ushort port)
    {
        if (configuration["LISTEN"] is not { Length: > 0 } url)
            return $"http://*:{port}";
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http" } ? url : throw new BadConfigurationException("LISTEN must be an http address, e.g. http://127.0.0.1:5000");
        }
        catch (FormatException error)
        {
            throw new BadConfigurationException("LISTEN must be an http address, e.g. http://127.0.0.1:5000", error);
        }
    }

    private static string BaseUrlOf(IConfiguration configuration, ushort port)
    {
        if (configuration["BASE_URL"] is not { Length: > 0 } address)
            return $"http://localhost:{port}";
        return Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && uri.Host.Length > 0
            ? address.TrimEnd('/')
            : throw new BadConfigurationException("BASE_URL must be an http or https address");
    }
}
