using System.Globalization;

namespace WhatsApp.Protocol.Media.Ffmpeg;

/// <summary>Arguments every run shares: what may be opened, and how much may come out.</summary>
internal static class FfmpegArguments
{
    // Containers that hold media themselves. Playlists, which name other files, are not among them.
    private const string Formats =
        "ogg,mov,matroska,mp3,wav,w64,flac,aac,amr,aiff,asf,avi,flv,mpegts,mpeg,caf,au,gif,jpeg_pipe,png_pipe,webp_pipe,image2,3gp,oma,ac3,eac3,dts,ape,wv,tta";
    private const int MaxPixels = 50_000_000;

    /// <summary>The input: local files only, known containers only, no pictures larger than 50 million pixels.</summary>
    public static IReadOnlyList<string> Input(string path) =>
    [
        "-nostdin", "-hide_banner", "-v", "error", "-protocol_whitelist", "file", "-format_whitelist", Formats,
        "-max_pixels", MaxPixels.ToString(CultureInfo.InvariantCulture), "-i", "file:" + path,
    ];

    /// <summary>The probe of a file, as JSON.</summary>
    public static IReadOnlyList<string> Probe(string path) =>
    [
        "-hide_banner", "-v", "error", "-protocol_whitelist", "file", "-format_whitelist", Formats,
        "-max_pixels", MaxPixels.ToString(CultureInfo.InvariantCulture),
        "-show_entries", "format=duration,format_name:stream=codec_type,codec_name,width,height,pix_fmt,duration,channels:stream_disposition=attached_pic:stream_side_data=rotation",
        "-of", "json", "file:" + path,
    ];

    /// <summary>The output: no metadata of the source, bounded length and size.</summary>
    public static IReadOnlyList<string> Output(string path, string format, TimeSpan maxDuration, long maxBytes) =>
    [
        "-map_metadata", "-1", "-t", maxDuration.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture),
        "-fs", maxBytes.ToString(CultureInfo.InvariantCulture), "-f", format, "-y", "file:" + path,
    ];
}
