using WhatsApp.Gateway.Qr;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>How to link: GET /instances/{id}/qr in every form, POST /instances/{id}/pair (rest-api part B).</summary>
internal static class QrEndpoints
{
    private const int MaxWaitSeconds = 30;

    public static void MapQr(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/instances/{id}/qr", GetAsync).Needs("control").OrSigned(SignedLinks.Qr).WithSummary("The QR to scan: json, png, svg or text; wait=SECONDS for the first");
        routes.MapPost("/instances/{id}/pair", PairAsync).Needs("control").WithSummary("A code to type on the phone instead of scanning");
    }

    private static async Task<IResult> PairAsync(string id, HttpContext context, IGrainFactory grains, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        var body = await JsonBody.ReadAsync(context.Request, optional: false, cancellationToken);
        var number = PairingNumber.Read(body, "phoneNumber", isRequired: true);
        body.Finish();
        context.Response.Headers.CacheControl = "no-store";
        var report = await grains.GetGrain<IInstanceGrain>(instance).RequestPairingCodeAsync(number!, cancellationToken);
        return Results.Ok(new { success = true, instanceId = instance, pairingCode = report.PairingCode, expiresAt = report.ExpiresAt });
    }

    private static async Task<IResult> GetAsync(
        string id, HttpContext context, IGrainFactory grains, SignedLinks links, IHostApplicationLifetime lifetime, CancellationToken cancellationToken)
    {
        var request = context.Request;
        var instance = InstanceIds.FromRoute(id);
        var format = request.OneOf("format", "json", "png", "svg", "text", "raw") ?? AcceptedFormat(request);
        var wait = TimeSpan.FromSeconds(request.Number("wait", 0, MaxWaitSeconds, 0));
        var look = new QrLook(request.Number("size", 128, 1024, 384), request.Number("margin", 0, 16, 4), request.Colour("dark", "000000"), request.Colour("light", "ffffff"));

        context.Response.Headers.CacheControl = "no-store";
        // A long poll does not hold up the end of the process.
        using var untilStop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        QrReport report;
        try
        {
            report = await grains.GetGrain<IInstanceGrain>(instance).GetQrAsync(wait, untilStop.Token);
        }
        catch (OperationCanceledException) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            report = new QrReport("connecting", null, 0, 0, null);
        }
        if (report.Qr is { } text)
            return Draw(instance, report, text, format, look, links);
        context.Response.Headers.RetryAfter = "1";
        return Results.Json(new { instanceId = instance, status = report.Status }, statusCode: StatusCodes.Status202Accepted);
    }

    private static IResult Draw(string instance, QrReport report, string text, string format, QrLook look, SignedLinks links) => format switch
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
            pairingCode = report.PairingCode,
            pairingCodeExpiresAt = report.PairingCodeExpiresAt,
            attempt = report.Attempt,
            maxAttempts = report.MaxAttempts,
            expiresAt = report.ExpiresAt,
            url = links.ToQr(instance),
        }),
    };

    private static string AcceptedFormat(HttpRequest request)
    {
        var accept = request.Headers.Accept.ToString();
        return accept.Contains("image/png", StringComparison.OrdinalIgnoreCase) ? "png"
            : accept.Contains("image/svg+xml", StringComparison.OrdinalIgnoreCase) ? "svg"
            : accept.Contains("text/plain", StringComparison.OrdinalIgnoreCase) ? "text"
            : "json";
    }
}
