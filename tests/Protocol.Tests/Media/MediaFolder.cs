using SkiaSharp;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Ffmpeg;

namespace WhatsApp.Protocol.Tests.Media;

/// <summary>A folder with files made for one test, by ffmpeg and Skia.</summary>
internal sealed class MediaFolder : IDisposable
{
    public static FfmpegOptions Missing { get; } = new() { FfmpegPath = "/nowhere/ffmpeg", FfprobePath = "/nowhere/ffprobe" };

    public string Path { get; } = Directory.CreateTempSubdirectory("media").FullName;
    public FfmpegProcess Ffmpeg { get; } = new(new FfmpegOptions(), TimeProvider.System);

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>What conversions left behind, besides the test's own files.</summary>
    public IEnumerable<string> Others(params string[] own) => Directory.EnumerateFileSystemEntries(Path).Except(own.Select(File));

    /// <summary>Runs ffmpeg with an output name as last argument.</summary>
    public async Task<string> MakeAsync(string name, params string[] arguments)
    {
        await Ffmpeg.RunAsync(FfmpegProgram.Ffmpeg, ["-nostdin", "-v", "error", .. arguments, "-y", File(name)], CancellationToken.None);
        return File(name);
    }

    public Task<string> SoundAsync(string name, int seconds, params string[] output) =>
        MakeAsync(name, ["-f", "lavfi", "-i", $"sine=frequency=440:duration={seconds}", .. output]);

    public Task<string> VideoAsync(string name, string size, double seconds, params string[] output) =>
        MakeAsync(name, ["-f", "lavfi", "-i", FormattableString.Invariant($"testsrc=size={size}:rate=10:duration={seconds}"), .. output]);

    public Task<string> VideoWithSoundAsync(string name, string size, int seconds, params string[] output) =>
        MakeAsync(name, ["-f", "lavfi", "-i", $"testsrc=size={size}:rate=10:duration={seconds}", "-f", "lavfi", "-i", $"sine=duration={seconds}", .. output]);

    /// <summary>A picture drawn by the test.</summary>
    public string Draw(string name, int width, int height, SKEncodedImageFormat format, Action<SKCanvas> draw)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(width, height, SKColorType.Rgba8888, SKAlphaType.Premul));
        using (var canvas = new SKCanvas(bitmap))
        {
            canvas.Clear(SKColors.Transparent);
            draw(canvas);
        }
        using var file = System.IO.File.Create(File(name));
        Assert.True(bitmap.Encode(file, format, 95));
        return File(name);
    }

    public string Write(string name, byte[] bytes)
    {
        System.IO.File.WriteAllBytes(File(name), bytes);
        return File(name);
    }

    public static async Task FailsAsync(ConversionFailure failure, Func<Task> act) =>
        Assert.Equal(failure, (await Assert.ThrowsAsync<MediaConversionException>(act)).Failure);

    public void Dispose()
    {
        Ffmpeg.Dispose();
        Directory.Delete(Path, recursive: true);
    }
}
