using System.Text.Json;
using Microsoft.AspNetCore.StaticFiles;
using WhatsApp.Gateway.Errors;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Gateway.Requests;

/// <summary>Where a file comes from when it is not in the body.</summary>
/// <param name="Url">An address, or null.</param>
/// <param name="MediaId">An upload, or null.</param>
internal sealed record MediaSource(string? Url, string? MediaId);

/// <summary>The fields of sends with a file (rest-api part B).</summary>
internal static class MediaFields
{
    private const int MaxCaption = 65_536;
    private const int MaxUrl = 4096;
    private const int MaxName = 255;
    private const int Bars = 64;
    private static readonly FileExtensionContentTypeProvider ByName = new();
    // What the first bytes of a file cannot tell apart.
    private static readonly HashSet<string> Vague = new(StringComparer.Ordinal) { "application/octet-stream", "text/plain", "application/zip", "application/x-ole-storage" };

    /// <summary>Reads the content; its file is empty until the source is known to be good.</summary>
    public static MediaContent Read(JsonBody body, MediaKind kind)
    {
        var caption = kind is MediaKind.Audio or MediaKind.Voice or MediaKind.Sticker or MediaKind.VideoNote ? null : body.Text("caption", MaxCaption);
        return new MediaContent(kind, new StagedMedia("", 0, "", ""))
        {
            Caption = caption,
            FileName = body.Text("fileName", MaxName, alias: "filename"),
            Mimetype = kind == MediaKind.Document ? body.Text("mimetype", 128) : null,
            ViewOnce = kind is not MediaKind.Document and not MediaKind.Sticker && body.Flag("viewOnce", false),
            Hd = kind == MediaKind.Image && body.Flag("hd", false),
            Convert = kind is MediaKind.Image or MediaKind.Document || body.Flag("convert", true),
            Waveform = kind == MediaKind.Voice ? Waveform(body) : null,
            Pack = kind == MediaKind.Sticker ? body.Text("pack", 128) : null,
            Author = kind == MediaKind.Sticker ? body.Text("author", 128) : null,
        };
    }

    /// <summary>gif and note make other kinds of a video.</summary>
    public static MediaKind VideoKind(JsonBody body)
    {
        var (gif, note) = (body.Flag("gif", false), body.Flag("note", false));
        if (gif && note)
            body.Fail<string>("note", "not-allowed", "a video is either a gif or a note");
        return gif ? MediaKind.Gif : note ? MediaKind.VideoNote : MediaKind.Video;
    }

    /// <summary>A voice note, unless <c>ptt</c> is false.</summary>
    public static MediaKind AudioKind(JsonBody body) => body.Flag("ptt", true) ? MediaKind.Voice : MediaKind.Audio;

    /// <summary>The one source of the file; what is wrong is noted in the body.</summary>
    public static MediaSource Source(JsonBody body, StagedMedia? staged, MediaKind kind, MediaContent content)
    {
        var (url, mediaId, media) = (body.Text("url", MaxUrl), body.Text("mediaId", 128), body.Text("media", MaxUrl));
        url ??= media is { Length: > 0 } ? media : null;
        var sources = (staged is null ? 0 : 1) + (url is null ? 0 : 1) + (mediaId is null ? 0 : 1);
        if (sources == 0)
            body.Fail<string>("url", "required", "give the file as url, base64, mediaId or multipart part file");
        else if (sources > 1)
            body.Fail<string>("url", "not-allowed", "give the file in one way only: url, base64, mediaId or file");
        if (kind == MediaKind.Document && staged is { FileName: null } && content.FileName is null)
            body.Fail<string>("fileName", "required", "is required for a file without a name");
        return new MediaSource(url, mediaId);
    }

    /// <summary>Largest file of a kind.</summary>
    public static long LimitOf(MediaLimits limits, MediaKind kind) => kind switch
    {
        MediaKind.Image => limits.Image,
        MediaKind.Audio or MediaKind.Voice => limits.Audio,
        MediaKind.Sticker => limits.Sticker,
        MediaKind.Document => limits.Document,
        _ => limits.Video,
    };

    /// <summary>The content with its file. A document's type is what its bytes say; where they say little, what its name says.</summary>
    public static MediaContent With(MediaContent content, StagedMedia file)
    {
        if (content.Kind != MediaKind.Document)
            return content with { File = file };
        var name = content.FileName ?? file.FileName ?? "file";
        var mimetype = content.Mimetype ?? (Vague.Contains(file.Mimetype) && ByName.TryGetContentType(name, out var byName) ? byName : file.Mimetype);
        return content with { File = file, FileName = name, Mimetype = mimetype };
    }

    private static byte[]? Waveform(JsonBody body)
    {
        if (body.Find("waveform") is not { } value)
            return null;
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == Bars
            && value.EnumerateArray().All(bar => bar.ValueKind == JsonValueKind.Number && bar.TryGetInt32(out var height) && height is >= 0 and <= 100))
            return [.. value.EnumerateArray().Select(bar => (byte)bar.GetInt32())];
        return body.Fail<byte[]>("waveform", "invalid-format", "must be 64 numbers from 0 to 100");
    }
}
