using System.Globalization;
using Microsoft.Net.Http.Headers;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>
/// Streams a stored file. A stranger made it: a browser must not take it for a page of ours, so the type is what the content is, nothing is sniffed,
/// scripts are off, and only pictures, sound, video and PDF are shown in place.
/// </summary>
internal sealed class FileAnswer(FileReport file, StoredObject opened, bool isPart) : IResult
{
    private static readonly string[] ShownInPlace = ["image/jpeg", "image/png", "image/gif", "image/webp", "image/bmp", "image/heic", "image/avif", "application/pdf"];

    /// <summary>Entity tag of a file: its hash.</summary>
    public static string? TagOf(FileReport file) => file.Sha256 is { } hash ? $"\"{hash}\"" : null;

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        await using var content = opened;
        var (response, headers) = (httpContext.Response, httpContext.Response.Headers);
        var tag = TagOf(file);
        headers[HeaderNames.ETag] = tag;
        headers[HeaderNames.AcceptRanges] = "bytes";
        headers[HeaderNames.CacheControl] = "private, max-age=3600";
        headers[HeaderNames.XContentTypeOptions] = "nosniff";
        headers[HeaderNames.ContentSecurityPolicy] = "default-src 'none'; sandbox";
        if (tag is not null && httpContext.Request.Headers[HeaderNames.IfNoneMatch].ToString().Contains(tag, StringComparison.Ordinal))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        response.ContentType = opened.ContentType;
        headers[HeaderNames.ContentDisposition] = Disposition();
        response.ContentLength = opened.Length;
        if (isPart)
        {
            response.StatusCode = StatusCodes.Status206PartialContent;
            headers[HeaderNames.ContentRange] = string.Create(CultureInfo.InvariantCulture, $"bytes {opened.Offset}-{opened.Offset + opened.Length - 1}/{opened.TotalLength}");
        }
        if (!HttpMethods.IsHead(httpContext.Request.Method))
            await opened.Content.CopyToAsync(response.Body, httpContext.RequestAborted);
    }

    private string Disposition()
    {
        var type = opened.ContentType.Split(';')[0].Trim();
        var isShown = type.StartsWith("audio/", StringComparison.Ordinal) || type.StartsWith("video/", StringComparison.Ordinal) || ShownInPlace.Contains(type, StringComparer.Ordinal);
        var disposition = new ContentDispositionHeaderValue(isShown ? "inline" : "attachment");
        if (SafeName(file.FileName) is { } name)
            disposition.SetHttpFileName(name);
        return disposition.ToString();
    }

    /// <summary>The name without what a file system or a header could take for more than a name.</summary>
    internal static string? SafeName(string? name)
    {
        if (name is null)
            return null;
        var safe = new string([.. name.Select(letter => char.IsControl(letter) || "/\\:*?\"<>|".Contains(letter, StringComparison.Ordinal) ? '_' : letter)]).Trim(' ', '.');
        return safe.Length > 0 ? safe : null;
    }
}
