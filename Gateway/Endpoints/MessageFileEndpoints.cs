using Microsoft.Net.Http.Headers;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Grains.Abstractions.Security;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>GET /instances/{id}/messages/{messageId}/media: the file of a message, whole or a part (rest-api part B).</summary>
internal static class MessageFileEndpoints
{
    private const int MaxMessageId = 128;
    private const int MaxWaitSeconds = 50;
    private const int DefaultWaitSeconds = 25;

    public static void MapMessageFiles(this IEndpointRouteBuilder routes) =>
        routes.MapMethods("/instances/{id}/messages/{messageId}/media", ["GET", "HEAD"], GetAsync).Needs("read").OrSigned(SignedLinks.Media)
            .WithSummary("The file of a message; fetched now when it was not before; Range works");

    /// <summary>A file as GET messages/{messageId} shows it.</summary>
    public static object Json(FileReport file) => new
    {
        status = file.Status,
        kind = file.Kind,
        mimetype = file.Mimetype,
        contentType = file.ContentType,
        fileName = file.FileName,
        size = file.Size,
        sha256 = file.Sha256,
        failure = file.Failure,
    };

    private static async Task<IResult> GetAsync(
        string id, string messageId, HttpContext context, IGrainFactory grains, IObjectStore objects, CancellationToken cancellationToken)
    {
        if (messageId.Length is 0 or > MaxMessageId)
            throw new ProblemException("message-not-found", "there is no such message");
        var wait = TimeSpan.FromSeconds(context.Request.Number("wait", 0, MaxWaitSeconds, DefaultWaitSeconds));
        var instance = grains.GetGrain<IInstanceGrain>(InstanceIds.FromRoute(id));
        var file = await instance.GetFileAsync(messageId, wait, again: false, cancellationToken);
        if (await OpenAsync(objects, file, context, cancellationToken) is { } opened)
            return opened;
        if (file.Status == "stored")
        {
            // Removed behind our back: what was fetched once can be fetched again.
            file = await instance.GetFileAsync(messageId, wait, again: true, cancellationToken);
            if (await OpenAsync(objects, file, context, cancellationToken) is { } second)
                return second;
        }
        throw new ProblemException("media-pending", file.Status == "asked"
            ? "WhatsApp no longer has the file; the phone was asked to upload it again"
            : "the file is still being fetched; try again soon");
    }

    private static async Task<IResult?> OpenAsync(IObjectStore objects, FileReport file, HttpContext context, CancellationToken cancellationToken)
    {
        if (file.ObjectKey is not { } key)
            return null;
        var range = FileRange.Of(context.Request, file.Size, FileAnswer.TagOf(file));
        try
        {
            return await objects.OpenAsync(key, range, cancellationToken) is { } opened ? new FileAnswer(file, opened, range is not null) : null;
        }
        catch (ObjectRangeException)
        {
            context.Response.Headers[HeaderNames.ContentRange] = $"bytes */{file.Size}";
            throw new ProblemException("range-not-satisfiable", $"the file has {file.Size} bytes");
        }
    }
}
