using System.Diagnostics;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Media.Ffmpeg;

namespace WhatsApp.Protocol.Tests.Media;

public sealed class FfmpegProcessTests
{
    private static readonly string[] Endless = ["-nostdin", "-v", "error", "-re", "-f", "lavfi", "-i", "anullsrc", "-f", "null", "-"];

    [Fact]
    public async Task A_run_that_takes_too_long_is_killed()
    {
        var mark = $"title={Guid.NewGuid():N}";
        using var ffmpeg = new FfmpegProcess(new FfmpegOptions { TimeLimit = TimeSpan.FromMilliseconds(500) }, TimeProvider.System);

        await MediaFolder.FailsAsync(ConversionFailure.TimeLimit, () =>
            ffmpeg.RunAsync(FfmpegProgram.Ffmpeg, [.. Endless[..^3], "-metadata", mark, .. Endless[^3..]], CancellationToken.None));

        Assert.False(IsRunning(mark));
    }

    [Fact]
    public async Task A_cancelled_run_is_killed()
    {
        var mark = $"title={Guid.NewGuid():N}";
        using var stop = new CancellationTokenSource(TimeSpan.FromMilliseconds(500));
        using var ffmpeg = new FfmpegProcess(new FfmpegOptions(), TimeProvider.System);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            ffmpeg.RunAsync(FfmpegProgram.Ffmpeg, [.. Endless[..^3], "-metadata", mark, .. Endless[^3..]], stop.Token));

        Assert.False(IsRunning(mark));
    }

    [Fact]
    public async Task Output_beyond_the_limit_is_dropped_and_does_not_block()
    {
        using var ffmpeg = new FfmpegProcess(new FfmpegOptions(), TimeProvider.System);

        var output = await ffmpeg.RunAsync(FfmpegProgram.Ffmpeg, ["-nostdin", "-v", "error", "-f", "lavfi", "-i", "anullsrc", "-t", "60", "-f", "s16le", "-"], CancellationToken.None);

        Assert.Equal(1024 * 1024, output.Length);
    }

    [Fact]
    public async Task No_more_runs_at_once_than_allowed()
    {
        using var ffmpeg = new FfmpegProcess(new FfmpegOptions { Parallel = 1, TimeLimit = TimeSpan.FromMilliseconds(400) }, TimeProvider.System);
        var watch = Stopwatch.StartNew();

        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ =>
            Assert.ThrowsAsync<MediaConversionException>(() => ffmpeg.RunAsync(FfmpegProgram.Ffmpeg, Endless, CancellationToken.None))));

        Assert.True(watch.Elapsed > TimeSpan.FromMilliseconds(1150));
    }

    [Fact]
    public async Task What_ffmpeg_complains_about_is_said_without_the_place()
    {
        using var folder = new MediaFolder();
        folder.Write("x.mp4", [.. "no video at all"u8]);

        var failed = await Assert.ThrowsAsync<MediaConversionException>(() =>
            folder.Ffmpeg.RunAsync(FfmpegProgram.Ffmpeg, [.. FfmpegArguments.Input(folder.File("x.mp4")), "-f", "null", "-"], CancellationToken.None));

        Assert.Contains("moov atom not found", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(folder.Path, failed.Message, StringComparison.Ordinal);
    }

    private static bool IsRunning(string mark) => Directory.EnumerateDirectories("/proc").Any(process =>
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Contains(mark, StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });
}
