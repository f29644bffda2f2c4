using System.Diagnostics;
using System.Security.Cryptography;

namespace WhatsApp.Interop.Tests;

/// <summary>A real file of a kind, made by ffmpeg once.</summary>
/// <param name="Kind">As the client programs name it.</param>
/// <param name="Path">Where it lies.</param>
/// <param name="Mimetype">What it is.</param>
/// <param name="Seconds">Of sound and video.</param>
internal sealed record Sample(string Kind, string Path, string Mimetype, int? Seconds)
{
    /// <summary>The bytes.</summary>
    public byte[] Bytes => File.ReadAllBytes(Path);

    /// <summary>Lower-case hex.</summary>
    public string Sha256 => Hash(Bytes);

    /// <summary>Lower-case hex of any bytes.</summary>
    public static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}

/// <summary>One small file of every kind.</summary>
internal sealed class Samples : IDisposable
{
    private const string Picture = "testsrc=size=320x240:rate=10:duration=2";
    private const string Tone = "sine=frequency=440:duration=2";
    private readonly string _folder = Directory.CreateTempSubdirectory("interop-media-").FullName;
    private readonly Dictionary<string, Sample> _byKind = [];

    private Samples() { }

    /// <summary>The sample of a kind: image, video, gif, ptv, audio, ptt, document, sticker.</summary>
    public Sample this[string kind] => _byKind[kind];

    /// <summary>Makes them all.</summary>
    public static async Task<Samples> MakeAsync()
    {
        var samples = new Samples();
        var image = await samples.RunAsync("image.jpg", "-f", "lavfi", "-i", Picture, "-frames:v", "1");
        var video = await samples.RunAsync("video.mp4", "-f", "lavfi", "-i", Picture, "-f", "lavfi", "-i", Tone, "-c:v", "libx264", "-pix_fmt", "yuv420p", "-c:a", "aac", "-shortest");
        var note = await samples.RunAsync("note.mp4", "-f", "lavfi", "-i", "testsrc=size=240x240:rate=10:duration=2", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-an");
        var audio = await samples.RunAsync("audio.mp3", "-f", "lavfi", "-i", Tone);
        var voice = await samples.RunAsync("voice.ogg", "-f", "lavfi", "-i", Tone, "-c:a", "libopus", "-ar", "48000", "-ac", "1");
        var sticker = await samples.RunAsync("sticker.webp", "-f", "lavfi", "-i", "testsrc=size=512x512:rate=1:duration=1", "-frames:v", "1");
        var document = Path.Combine(samples._folder, "document.pdf");
        await File.WriteAllBytesAsync(document, [.. "%PDF-1.4\n"u8, .. RandomNumberGenerator.GetBytes(200_000)]);
        foreach (var sample in new Sample[]
        {
            new("image", image, "image/jpeg", null), new("video", video, "video/mp4", 2), new("gif", note, "video/mp4", 2), new("ptv", note, "video/mp4", 2),
            new("audio", audio, "audio/mpeg", 2), new("ptt", voice, "audio/ogg; codecs=opus", 2), new("document", document, "application/pdf", null),
            new("sticker", sticker, "image/webp", null),
        })
            samples._byKind[sample.Kind] = sample;
        return samples;
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private async Task<string> RunAsync(string name, params string[] arguments)
    {
        var path = Path.Combine(_folder, name);
        using var ffmpeg = Process.Start(new ProcessStartInfo("ffmpeg", ["-nostdin", "-v", "error", .. arguments, "-y", path]) { RedirectStandardError = true, UseShellExecute = false })!;
        var complaint = await ffmpeg.StandardError.ReadToEndAsync();
        await ffmpeg.WaitForExitAsync();
        return ffmpeg.ExitCode == 0 ? path : throw new InvalidOperationException($"ffmpeg made no {name}: {complaint}");
    }
}
