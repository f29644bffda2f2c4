using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Sandbox.Media;

/// <summary>The media host (wire/05 §3-4): takes encrypted files, gives them back by direct path, whole or by range.</summary>
internal static class MediaHost
{
    public static void Map(IEndpointRouteBuilder routes, SandboxServer server)
    {
        routes.MapPost("/mms/{kind}/{token}", (string kind, HttpRequest request) => UploadAsync(server, kind, request));
        routes.MapPost("/newsletter/{kind}/{token}", (string kind, HttpRequest request) => UploadAsync(server, kind, request));
        routes.MapDelete("/mms/{kind}/{token}", () => Results.Ok());
        routes.MapGet("/v/{kind}/{name}", (string kind, string name) => Download(server, $"/v/{kind}/{name}"));
    }

    private static async Task<IResult> UploadAsync(SandboxServer server, string kind, HttpRequest request)
    {
        if (Struck(server) is { } status)
            return Results.StatusCode(status);
        if (request.Query["auth"] != server.Media.Token)
            return Results.StatusCode(StatusCodes.Status401Unauthorized);
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, request.HttpContext.RequestAborted);
        if (body.Length == 0)
            return request.Query.ContainsKey("resume") ? Results.Json(new { resume = "0" }) : Results.StatusCode(StatusCodes.Status400BadRequest);
        var path = server.Media.Add(kind, body.ToArray());
        return Results.Json(new { url = $"{request.Scheme}://{request.Host}{path}", direct_path = path + "?ccb=11-4&oh=sandbox&oe=" + server.NowText });
    }

    private static IResult Download(SandboxServer server, string path)
    {
        if (Struck(server) is { } status)
            return Results.StatusCode(status);
        return server.Media.Find(path) is { } bytes
            ? Results.Bytes(bytes, "application/octet-stream", enableRangeProcessing: true)
            : Results.StatusCode(StatusCodes.Status404NotFound);
    }

    private static int? Struck(SandboxServer server) => server.Faults.Take(FaultKind.MediaStatus, null, 0)?.Status;
}
