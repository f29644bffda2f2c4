using System.Collections.Concurrent;
using System.Diagnostics;

namespace WhatsApp.Servers;

/// <summary>A throw-away server: a child process that is ready when it says so, and is ended by its own id.</summary>
internal sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _output = new();
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServerProcess(Process process, string readyText)
    {
        _process = process;
        process.EnableRaisingEvents = true;
        process.OutputDataReceived += (_, line) => Take(line.Data, readyText);
        process.ErrorDataReceived += (_, line) => Take(line.Data, readyText);
        process.Exited += (_, _) => _ready.TrySetException(new InvalidOperationException($"the server ended at once:\n{string.Join('\n', _output)}"));
    }

    public int Id => _process.Id;

    public static async Task<ServerProcess> StartAsync(IEnumerable<string> command, string readyText)
    {
        var server = new ServerProcess(new Process { StartInfo = Info(command) }, readyText);
        server._process.Start();
        server._process.BeginOutputReadLine();
        server._process.BeginErrorReadLine();
        try
        {
            await server._ready.Task.WaitAsync(Patience);
        }
        catch
        {
            await server.StopAsync("KILL");
            throw;
        }
        return server;
    }

    /// <summary>Runs a command to its end.</summary>
    public static async Task RunAsync(params IEnumerable<string> command)
    {
        using var process = Process.Start(Info(command))!;
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)} ended with {process.ExitCode}:\n{string.Concat(await output)}");
    }

    public Task SignalAsync(string signal) => RunAsync("kill", "-" + signal, Id.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Sends a signal and waits for the end.</summary>
    public async Task StopAsync(string signal)
    {
        if (!_process.HasExited)
            await SignalAsync(signal);
        await _process.WaitForExitAsync().WaitAsync(Patience);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync("KILL");
        _process.Dispose();
    }

    private void Take(string? line, string readyText)
    {
        if (line is null)
            return;
        _output.Enqueue(line);
        while (_output.Count > 200)
            _output.TryDequeue(out _);
        if (line.Contains(readyText, StringComparison.Ordinal))
            _ready.TrySetResult();
    }

    private static ProcessStartInfo Info(IEnumerable<string> command)
    {
        string[] parts = [.. command];
        var info = new ProcessStartInfo(parts[0]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = "/" };
        foreach (var argument in parts[1..])
            info.ArgumentList.Add(argument);
        info.Environment["LC_ALL"] = "C";
        return info;
    }
}
