using Microsoft.Net.Http.Headers;

namespace WhatsApp.Sandbox.Media;

/// <summary>Downloads (wire/05 §4): <c>bytes=a-b</c> and <c>bytes=a-</c>, 404 for a path never given, 410 for one that expired.</summary>
internal static class MediaSending
{
    public static async Task AnswerAsync(SandboxServer server, int host, HttpContext context)
    {
        if (MediaHost.Struck(server, host, "download") is { } status)
        {
            await MediaHost.Answer(context, status);
            return;
        }
        var path = context.Request.Path.Value!;
        if (server.Media.FindByPath(path) is not { } file || !file.IsComplete)
            await MediaHost.Answer(context, StatusCodes.Status404NotFound);
        else if (file.DirectPath != path)
            await MediaHost.Answer(context, StatusCodes.Status410Gone);
        else
            await SendAsync(server, host, context, file);
    }

    private static async Task SendAsync(SandboxServer server, int host, HttpContext context, ShelvedFile file)
    {
        await using var disk = new FileStream(file.DiskPath, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.Asynchronous);
        var response = context.Response;
        response.ContentType = "application/octet-stream";
        response.Headers.AcceptRanges = "bytes";
        var (from, to) = (0L, disk.Length - 1);
        if (context.Request.GetTypedHeaders().Range is { Ranges.Count: 1 } range && range.Ranges.First() is { From: { } first } asked)
        {
            if (first >= disk.Length)
            {
                response.Headers.ContentRange = new ContentRangeHeaderValue(disk.Length).ToString();
                await MediaHost.Answer(context, StatusCodes.Status416RangeNotSatisfiable);
                return;
            }
            (from, to) = (first, Math.Min(asked.To ?? to, to));
            response.StatusCode = StatusCodes.Status206PartialContent;
            response.Headers.ContentRange = new ContentRangeHeaderValue(from, to, disk.Length).ToString();
        }
        await MediaPipe.SendAsync(server, host, context, disk, from, to - from + 1);
    }
}
