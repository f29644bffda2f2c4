using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Qr;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>GET /instances/{id}/qr in every form (rest-api part B).</summary>
internal static class QrEndpoints
{
    private const int MaxWaitSeconds = 25;

    public static void MapQr(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/instances/{id}/qr", GetAsync).Needs("control").WithSummary("The QR to scan: json, png, svg or text; wait=SECONDS for the first");

    private static async Task<IResult> GetAsync(string id, HttpContext context, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var request = context.Request;
        var instance = InstanceIds.FromRoute(id);
        var format = FormatOf(request);
        var wait = Number(request, "wait", 0, 30, 0);
        var look = new QrLook(Number(request, "size", 128, 1024, 384), Number(request, "margin", 0, 16, 4), Colour(request, "dark", "000000"), Colour(request, "light", "ffffff"));

        var report = await grains.GetGrain<IInstanceGrain>(instance).GetQrAsync(TimeSpan.FromSeconds(Math.Min(wait, MaxWaitSeconds)), cancellationToken);
        context.Response.Headers.CacheControl = "no-store";
        if (report.Qr is not { } text)
        {
            context.Response.Headers.RetryAfter = "1";
            return Results.Json(new { instanceId = instance, status = report.Status }, statusCode: StatusCodes.Status202Accepted);
        }
        return format switch
        {
            "png" => Results.Bytes(QrImage.Png(text, look), "image/png"),
            "svg" => Results.Text(QrImage.Svg(text, look), "image/svg+xml"),
            "text" => Results.Text(QrImage.Terminal(text), "text/plain; charset=utf-8"),
            "raw" => Results.Text(text, "text/plain; charset=utf-8"),
            _ => Results.Ok(new
            {
                instanceId = instance,
                status = report.Status,
                qr = text,
                base64 = "data:image/png;base64," + Convert.ToBase64String(QrImage.Png(text, look)),
                svg = QrImage.Svg(text, look),
                pairingCode = (string?)null,
                attempt = report.Attempt,
                maxAttempts = report.MaxAttempts,
                expiresAt = report.ExpiresAt,
            }),
        };
    }

    private static string FormatOf(HttpRequest request)
    {
        if (request.Query["format"] is [{ Length: > 0 } asked])
            return asked is "json" or "png" or "svg" or "text" or "raw" ? asked : throw Bad("format", "must be json, png, svg, text or raw");
        var accept = request.Headers.Accept.ToString();
        return accept.Contains("image/png", StringComparison.OrdinalIgnoreCase) ? "png"
            : accept.Contains("image/svg+xml", StringComparison.OrdinalIgnoreCase) ? "svg"
            : accept.Contains("text/plain", StringComparison.OrdinalIgnoreCase) ? "text"
            : "json";
    }

    private static int Number(HttpRequest request, string name, int min, int max, int otherwise)
    {
        if (request.Query[name] is not [{ Length: > 0 } text])
            return otherwise;
        return int.TryParse(text, out var number) && number >= min && number <= max ? number : throw Bad(name, $"must be between {min} and {max}");
    }

    private static string Colour(HttpRequest request, string name, string otherwise)
    {
        if (request.Query[name] is not [{ Length: > 0 } text])
            return otherwise;
        var hex = text.TrimStart('#');
        return hex.Length == 6 && hex.All(char.IsAsciiHexDigit) ? hex : throw Bad(name, "must be a colour of six hex digits");
    }

    private static ProblemException Bad(string name, string why) =>
        new("validation-failed", $"{name} {why}", [new FieldError("/" + name, "invalid-value", why)]);
}
