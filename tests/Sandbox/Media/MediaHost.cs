using System.Globalization;
using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Sandbox.Media;

/// <summary>
/// The media hosts (wire/05 §3-4), https on two ports, one shelf behind both:
/// <code>
/// POST /mms/KIND/TOKEN?auth&amp;token[&amp;resume=1|&amp;file_offset=N]  →  {"url","direct_path"} | {"resume":"complete|N"}
/// GET  direct path, whole or by range
/// </code>
/// The token is the hash of what is uploaded; a file with another hash is refused.
/// </summary>
internal static class MediaHost
{
    private const int SmallBody = 1024 * 1024;

    /// <summary>One request.</summary>
    /// <param name="server">The sandbox.</param>
    /// <param name="host">0 = primary, 1 = fallback.</param>
    /// <param name="context">The request.</param>
    public static Task HandleAsync(SandboxServer server, int host, HttpContext context) => context.Request.Method switch
    {
        "POST" => UploadAsync(server, host, context),
        "GET" => MediaSending.AnswerAsync(server, host, context),
        "DELETE" => Answer(context, StatusCodes.Status200OK),
        _ => Answer(context, StatusCodes.Status405MethodNotAllowed),
    };

    /// <summary>The mediaStatus fault that strikes a request, or null.</summary>
    internal static int? Struck(SandboxServer server, int host, string on) =>
        server.Faults.Take(FaultKind.MediaStatus, null, 0, fault => fault.StrikesMedia(host, on))?.Status;

    internal static Task Answer(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    private static async Task UploadAsync(SandboxServer server, int host, HttpContext context)
    {
        var request = context.Request;
        var parts = request.Path.Value!.Split('/', StringSplitOptions.RemoveEmptyEntries);
        if (Refusal(server, host, request, parts) is { } status)
        {
            if (request.ContentLength is <= SmallBody)
                await request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
            await Answer(context, status);
            return;
        }
        context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpMaxRequestBodySizeFeature>()!.MaxRequestBodySize = MediaShelf.MaxFile;
        var (kind, file) = (parts[1], server.Media.Open(MediaShelf.Normalize(parts[2])!));
        if (request.Query.ContainsKey("resume"))
            await TellResume(server, host, context, file);
        else
            await TakeAsync(server, host, context, file, kind);
    }

    private static int? Refusal(SandboxServer server, int host, HttpRequest request, string[] parts)
    {
        if (parts.Length != 3 || parts[0] is not ("mms" or "newsletter"))
            return StatusCodes.Status404NotFound;
        if (Struck(server, host, "upload") is { } status)
            return status;
        if (request.Query["auth"] != server.Media.Auth)
            return StatusCodes.Status401Unauthorized;
        if (MediaShelf.Normalize(parts[2]) is not { } token || MediaShelf.Normalize(request.Query["token"].ToString()) != token)
        {
            server.Stats.Violation("media upload whose token is not the hash of a file");
            return StatusCodes.Status400BadRequest;
        }
        return null;
    }

    private static async Task TellResume(SandboxServer server, int host, HttpContext context, ShelvedFile file)
    {
        if (file is { IsComplete: true, DirectPath: { } path })
            await context.Response.WriteAsJsonAsync(new { resume = "complete", url = UrlOf(server, host, path), direct_path = path + Query(server) });
        else
            await context.Response.WriteAsJsonAsync(new { resume = (file.IsComplete ? 0 : file.Length).ToString(CultureInfo.InvariantCulture) });
    }

    private static async Task TakeAsync(SandboxServer server, int host, HttpContext context, ShelvedFile file, string kind)
    {
        if (!long.TryParse(context.Request.Query["file_offset"].ToString() is { Length: > 0 } text ? text : "0", NumberStyles.None, CultureInfo.InvariantCulture, out var offset))
        {
            await Answer(context, StatusCodes.Status400BadRequest);
            return;
        }
        var result = await server.Media.TakeAsync(file, kind, offset, disk => MediaPipe.ReceiveAsync(server, host, context, disk), context.RequestAborted);
        if (result == UploadResult.WrongHash)
            server.Stats.Violation("media upload with another hash than its token says");
        if (result != UploadResult.Stored || file.DirectPath is not { } path)
        {
            await Answer(context, StatusCodes.Status400BadRequest);
            return;
        }
        server.Stats.MediaUploaded();
        await context.Response.WriteAsJsonAsync(new { url = UrlOf(server, host, path), direct_path = path + Query(server) });
    }

    private static string UrlOf(SandboxServer server, int host, string path) => $"https://{server.MediaHosts[host]}{path}{Query(server)}";

    /// <summary>What follows a path, as the CDN's signature does.</summary>
    internal static string Query(SandboxServer server) => "?ccb=11-4&oh=sandbox&oe=" + server.NowText;
}
