using Microsoft.AspNetCore.Http.Features;
using WhatsApp.Gateway.Errors;
using WhatsApp.Gateway.Requests;
using WhatsApp.Gateway.Security;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Gateway.Endpoints;

/// <summary>Sends with a file, and uploads for several sends (rest-api part B). The file is streamed into the store; the grain call carries its key.</summary>
internal static class MediaEndpoints
{
    private const long Slack = JsonBody.MaxBytes + 64 * 1024;

    public static void MapMedia(this IEndpointRouteBuilder routes)
    {
        Map("sendImage", "Send a picture", _ => MediaKind.Image);
        Map("sendVideo", "Send a video, a gif or a round video", MediaFields.VideoKind);
        Map("sendAudio", "Send a voice note or an audio file", MediaFields.AudioKind);
        Map("sendFile", "Send any file", _ => MediaKind.Document);
        Map("sendSticker", "Send a sticker", _ => MediaKind.Sticker);
        routes.MapPost("/instances/{id}/sendToLid", SendToLidAsync).Needs("send").Streamed().WithSummary("Send to a LID, without looking up its phone number");
        routes.MapPost("/instances/{id}/media", UploadAsync).Needs("send").Streamed().WithSummary("Upload a file for several sends");

        void Map(string name, string summary, Func<JsonBody, MediaKind> kind) =>
            routes.MapPost($"/instances/{{id}}/{name}", (string id, HttpContext context, IGrainFactory grains, IMediaIntake intake, CancellationToken cancellationToken) =>
                SendAsync(id, "to", kind, context, grains, intake, cancellationToken)).Needs("send").Streamed().WithSummary(summary);
    }

    private static Task<IResult> SendToLidAsync(string id, HttpContext context, IGrainFactory grains, IMediaIntake intake, CancellationToken cancellationToken) =>
        SendAsync(id, "lid", KindByType, context, grains, intake, cancellationToken);

    // Null = content without a file.
    private static MediaKind? KindByType(JsonBody body) => body.Text("type", 32) switch
    {
        "image" => MediaKind.Image,
        "video" => MediaFields.VideoKind(body),
        "gif" => MediaKind.Gif,
        "audio" => MediaFields.AudioKind(body),
        "ptt" or "voice" => MediaKind.Voice,
        "file" or "document" => MediaKind.Document,
        "sticker" => MediaKind.Sticker,
        _ => null,
    };

    private static Task<IResult> SendAsync(
        string id, string recipient, Func<JsonBody, MediaKind> kind, HttpContext context, IGrainFactory grains, IMediaIntake intake, CancellationToken cancellationToken) =>
        SendAsync(id, recipient, body => (MediaKind?)kind(body), context, grains, intake, cancellationToken);

    private static async Task<IResult> SendAsync(
        string id, string recipient, Func<JsonBody, MediaKind?> kind, HttpContext context, IGrainFactory grains, IMediaIntake intake, CancellationToken cancellationToken)
    {
        var instance = await OpenAsync(id, context, grains, intake.Limits, cancellationToken);
        var request = await MediaRequest.ReadAsync(instance, context.Request, intake, intake.Limits.Document, cancellationToken);
        var (body, staged) = (request.Body, request.Staged);
        try
        {
            var to = body.RequiredText(recipient, 128, alias: "to");
            if (recipient == "lid" && to.Length > 0 && !to.Contains('@', StringComparison.Ordinal))
                to += "@lid";
            if (kind(body) is not { } media)
            {
                var plain = SendFields.Finish(body, to, ContentFields.ByType(body), context);
                return await Idempotency.OnceAsync(context, grains, request.Hash, () => SendAnswer.SendAsync(context, grains, instance, plain, cancellationToken));
            }
            var content = MediaFields.Read(body, media);
            var source = MediaFields.Source(body, staged, media, content);
            var send = SendFields.Finish(body, to, content, context);
            var limit = MediaFields.LimitOf(intake.Limits, media);
            if (staged?.Length > limit)
                throw new ProblemException("media-too-large", $"the file is larger than {limit} bytes", [new FieldError("/file", "too-large", $"must have at most {limit} bytes")]);
            return await Idempotency.OnceAsync(context, grains, request.Hash, async () =>
            {
                var file = staged ?? await SourceAsync(instance, source, media, limit, intake, cancellationToken);
                // The grain answers for the file from here on.
                staged = null;
                return await SendAnswer.SendAsync(context, grains, instance, send with { Content = MediaFields.With(content, file) }, cancellationToken);
            });
        }
        finally
        {
            if (staged is not null)
                await intake.DiscardAsync(staged);
        }
    }

    private static Task<StagedMedia> SourceAsync(string instance, MediaSource source, MediaKind kind, long limit, IMediaIntake intake, CancellationToken cancellationToken) =>
        source.MediaId is { } mediaId
            ? intake.FindAsync(new IntakeRules(instance, "mediaId", limit), mediaId, cancellationToken)
            : intake.FetchAsync(new IntakeRules(instance, "url", limit), source.Url!, cancellationToken);

    private static async Task<IResult> UploadAsync(string id, HttpContext context, IGrainFactory grains, IMediaIntake intake, CancellationToken cancellationToken)
    {
        var instance = await OpenAsync(id, context, grains, intake.Limits, cancellationToken);
        var request = await MediaRequest.ReadAsync(instance, context.Request, intake, intake.Limits.Document, cancellationToken);
        var staged = request.Staged;
        try
        {
            var url = request.Body.Text("url", 4096);
            var name = request.Body.Text("fileName", 255, alias: "filename");
            if ((staged is null) == (url is null))
                request.Body.Fail<string>("file", "required", "give the file in one way: multipart part file, base64 or url");
            request.Body.Finish();
            return await Idempotency.OnceAsync(context, grains, request.Hash, async () =>
            {
                staged ??= await intake.FetchAsync(new IntakeRules(instance, "url", intake.Limits.Document), url!, cancellationToken);
                var kept = await intake.KeepAsync(new IntakeRules(instance, "file", intake.Limits.Document) { FileName = name ?? staged.FileName }, staged, cancellationToken);
                return Results.Json(new
                {
                    success = true,
                    instanceId = instance,
                    mediaId = kept.MediaId,
                    mimetype = kept.File.Mimetype,
                    fileName = kept.File.FileName,
                    size = kept.File.Length,
                    sha256 = kept.File.Sha256,
                    expiresAt = kept.File.ExpiresAt,
                }, statusCode: StatusCodes.Status201Created);
            });
        }
        finally
        {
            if (staged is not null)
                await intake.DiscardAsync(staged);
        }
    }

    // Nobody streams two gigabytes to an instance that is not there.
    private static async Task<string> OpenAsync(string id, HttpContext context, IGrainFactory grains, MediaLimits limits, CancellationToken cancellationToken)
    {
        var instance = InstanceIds.FromRoute(id);
        if (await grains.GetGrain<IInstanceCatalogGrain>(0).FindAsync(instance, cancellationToken) is null)
            throw new ProblemException("instance-not-found", $"there is no instance {instance}");
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            // Base64 with line breaks written as escapes takes half as much again.
            size.MaxRequestBodySize = MediaFormReader.Suits(context.Request) ? limits.Document + Slack : limits.Base64 + limits.Base64 / 2 + Slack;
        return instance;
    }
}
