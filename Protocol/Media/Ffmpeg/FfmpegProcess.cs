using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace WhatsApp.Protocol.Media.Ffmpeg;

/// <summary>ffmpeg as a child process: no shell, no input, killed with its children when the time is up. Thread-safe.</summary>
/// <param name="options">Paths and limits.</param>
/// <param name="time">Clock of the time limit.</param>
public sealed class FfmpegProcess(FfmpegOptions options, TimeProvider time) : IFfmpeg, IDisposable
{
    private const int MaxOutput = 1024 * 1024;
    private const int MaxComplaint = 300;

    private readonly SemaphoreSlim _places = new(options.Parallel, options.Parallel);

    /// <inheritdoc/>
    public async Task<byte[]> RunAsync(FfmpegProgram program, IReadOnlyList<string> arguments, CancellationToken cancellationToken)
    {
        await _places.WaitAsync(cancellationToken);
        try
        {
            using var limit = new CancellationTokenSource(options.TimeLimit, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            using var process = Start(program == FfmpegProgram.Ffmpeg ? options.FfmpegPath : options.FfprobePath, arguments);
            try
            {
                return await FinishAsync(process, either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                throw new MediaConversionException(ConversionFailure.TimeLimit, "The file takes too long to convert.");
            }
            finally
            {
                await EndAsync(process);
            }
        }
        finally
        {
            _places.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _places.Dispose();

    private static Process Start(string path, IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo(path) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        try
        {
            var process = Process.Start(start)!;
            process.StandardInput.Close();
            return process;
        }
        catch (Win32Exception)
        {
            throw new MediaConversionException(ConversionFailure.ToolMissing, $"{path} is not installed: it is needed for this format.");
        }
    }

    private static async Task<byte[]> FinishAsync(Process process, CancellationToken cancellationToken)
    {
        var output = ReadAsync(process.StandardOutput.BaseStream, MaxOutput, cancellationToken);
        var complaint = ReadAsync(process.StandardError.BaseStream, MaxComplaint, cancellationToken);
        await Task.WhenAll(output, complaint);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode == 0)
            return await output;
        throw new MediaConversionException(ConversionFailure.NotReadable, $"The file cannot be read: {FirstLine(await complaint)}");
    }

    // Reads to the end, so that the child never waits for us, but keeps only the beginning.
    private static async Task<byte[]> ReadAsync(Stream stream, int limit, CancellationToken cancellationToken)
    {
        using var kept = new MemoryStream();
        var buffer = new byte[8192];
        int read;
        while ((read = await stream.ReadAsync(buffer, cancellationToken)) > 0)
            kept.Write(buffer, 0, (int)Math.Min(read, limit - kept.Length));
        return kept.ToArray();
    }

    // "[mov @ 0x…] moov atom not found" or "file:/…/x: Invalid data found": what is left of the place is of use to nobody.
    private static string FirstLine(byte[] complaint)
    {
        var line = Encoding.UTF8.GetString(complaint).Split('\n', 2)[0].Trim();
        var place = Math.Max(line.IndexOf("] ", StringComparison.Ordinal) + 1, line.StartsWith("file:", StringComparison.Ordinal) ? line.LastIndexOf(": ", StringComparison.Ordinal) + 1 : 0);
        line = line[place..].Trim();
        return line.Length > 0 ? line : "ffmpeg failed";
    }

    private static async Task EndAsync(Process process)
    {
        if (process.HasExited)
            return;
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(CancellationToken.None);
    }
}
