using System.Net;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Silo.Telemetry;

/// <summary>Who may read a silo's metrics: with <c>METRICS_KEY</c> who sends it as bearer token, without it whoever is on the same machine.</summary>
internal static class SiloMetricsAccess
{
    private const string Bearer = "Bearer ";

    /// <summary>Refuses the others.</summary>
    /// <exception cref="BadConfigurationException">The key is not usable.</exception>
    public static void UseMetricsAccess(this WebApplication app)
    {
        var key = ConfiguredKey.Checked(ConfiguredKey.Metrics, app.Configuration[ConfiguredKey.Metrics]);
        app.Use((context, next) =>
        {
            if (!context.Request.Path.StartsWithSegments(Metrics.Path, StringComparison.OrdinalIgnoreCase) || IsAllowed(context, key))
                return next(context);
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Task.CompletedTask;
        });
    }

    private static bool IsAllowed(HttpContext context, string? key)
    {
        if (key is null)
            return context.Connection.RemoteIpAddress is { } address && IPAddress.IsLoopback(address);
        var given = context.Request.Headers.Authorization.ToString();
        return given.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given[Bearer.Length..].Trim())), SHA256.HashData(Encoding.UTF8.GetBytes(key)));
    }
}
