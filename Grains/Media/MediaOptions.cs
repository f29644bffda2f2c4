using System.Globalization;
using Microsoft.Extensions.Configuration;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Media;
using WhatsApp.Protocol.Media.Ffmpeg;

namespace WhatsApp.Grains.Media;

/// <summary>Settings of outgoing media. Section <c>Media</c>, and <c>ALLOW_HTTP_MEDIA</c>.</summary>
public sealed record MediaOptions
{
    /// <summary>Largest files by kind. <c>Media:MaxMegabytes:Image|Audio|Video|Sticker|Document|Base64</c>.</summary>
    public MediaLimits Limits { get; init; } = new();
    /// <summary>Addresses may be http. <c>ALLOW_HTTP_MEDIA</c>.</summary>
    public bool AllowHttp { get; init; }
    /// <summary>How long uploads for several sends are kept. <c>Media:UploadHours</c>.</summary>
    public TimeSpan UploadLifetime { get; init; } = TimeSpan.FromHours(24);
    /// <summary>How long a file waits for a connection before its message fails. <c>Media:StagingHours</c>.</summary>
    public TimeSpan StagingLifetime { get; init; } = TimeSpan.FromHours(72);
    /// <summary>Until a fetched address answers, and longest pause while it does.</summary>
    public TimeSpan FetchPatience { get; init; } = TimeSpan.FromSeconds(30);
    /// <summary>A whole fetch.</summary>
    public TimeSpan FetchLimit { get; init; } = TimeSpan.FromMinutes(15);
    /// <summary>Longest sound or video; the rest is cut off.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromMinutes(60);
    /// <summary>Where ffmpeg is. <c>Media:Ffmpeg</c>, <c>Media:Ffprobe</c>.</summary>
    public FfmpegOptions Ffmpeg { get; init; } = new();

    /// <summary>Reads and checks.</summary>
    /// <exception cref="BadConfigurationException">A value is not usable; the message names it.</exception>
    public static MediaOptions From(IConfiguration configuration)
    {
        var (options, ffmpeg) = (new MediaOptions(), new FfmpegOptions());
        return options with
        {
            Limits = new MediaLimits
            {
                Image = Limit("Image", options.Limits.Image),
                Audio = Limit("Audio", options.Limits.Audio),
                Video = Limit("Video", options.Limits.Video),
                Sticker = Limit("Sticker", options.Limits.Sticker),
                Document = Limit("Document", options.Limits.Document),
                Base64 = Limit("Base64", options.Limits.Base64),
            },
            AllowHttp = Flag("ALLOW_HTTP_MEDIA"),
            UploadLifetime = Hours("Media:UploadHours", options.UploadLifetime),
            StagingLifetime = Hours("Media:StagingHours", options.StagingLifetime),
            Ffmpeg = ffmpeg with { FfmpegPath = Text("Media:Ffmpeg") ?? ffmpeg.FfmpegPath, FfprobePath = Text("Media:Ffprobe") ?? ffmpeg.FfprobePath },
        };

        string? Text(string name) => configuration[name] is { Length: > 0 } text ? text : null;

        bool Flag(string name) => Text(name) is { } text && (bool.TryParse(text, out var value) ? value : throw new BadConfigurationException($"{name} must be true or false"));

        long Limit(string kind, long otherwise) => Number($"Media:MaxMegabytes:{kind}", 2048) is { } megabytes ? megabytes * 1024 * 1024 : otherwise;

        TimeSpan Hours(string name, TimeSpan otherwise) => Number(name, 24 * 365) is { } hours ? TimeSpan.FromHours(hours) : otherwise;

        int? Number(string name, int max) => Text(name) is not { } text ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value > 0 && value <= max ? value
            : throw new BadConfigurationException($"{name} must be a whole number from 1 to {max}");
    }
}
