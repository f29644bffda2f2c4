using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;

namespace WhatsApp.Clusters;

/// <summary>A silo or a gateway as a process of its own, that can be killed.</summary>
public sealed class ProductProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(90);

    // Where each process leaves what it prints, with times; not set = nowhere.
    private static readonly string? LogFolder = Environment.GetEnvironmentVariable("CLUSTER_LOGS");

    private readonly string _name;
    private readonly Process _process;
    private readonly List<string> _output = [];
    private bool _isDisposed;

    private ProductProcess(string assembly, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        _name = Path.GetFileName(assembly);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, assembly + ".dll"), .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
    }

    public int Id => _process.Id;

    /// <summary>Everything it has printed.</summary>
    public string Output
    {
        get
        {
            lock (_output)
                return string.Join('\n', _output);
        }
    }

    /// <summary>Starts it. Ready when it says an address that this pattern finds.</summary>
    /// <param name="assembly">Name of the program, built beside this one; with a path it is another build of it.</param>
    /// <param name="environment">What it is told.</param>
    /// <param name="pattern">With a group "found".</param>
    public static async Task<(ProductProcess Process, string Found)> StartAsync(string assembly, IReadOnlyDictionary<string, string> environment, string pattern)
    {
        var product = new ProductProcess(assembly, environment);
        var ready = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        product.Start(line =>
        {
            if (Regex.Match(line, pattern, RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)) is { Success: true } match)
                ready.TrySetResult(match.Groups["found"].Value);
        });
        product._process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException($"{assembly} ended: {product.Output}"));
        try
        {
            return (product, await ready.Task.WaitAsync(StartPatience));
        }
        catch (TimeoutException late)
        {
            await product.DisposeAsync();
            throw new TimeoutException($"{assembly} was not ready: {product.Output}", late);
        }
    }

    /// <summary>Runs one that is to end by itself. Returns exit code and output.</summary>
    public static async Task<(int Code, string Output)> RunAsync(string assembly, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        await using var product = new ProductProcess(assembly, environment, arguments);
        product.Start(static _ => { });
        await product._process.WaitForExitAsync().WaitAsync(StartPatience);
        return (product._process.ExitCode, product.Output);
    }

    /// <summary>SIGKILL: nothing is flushed, nothing says goodbye.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, as an orchestrator does; waits for the end.</summary>
    public async Task<int> TerminateAsync()
    {
        await SignalAsync("TERM");
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return _process.ExitCode;
    }

    /// <summary>True once it has ended.</summary>
    public bool HasEnded => _process.HasExited;

    /// <summary>Sends a signal, e.g. STOP: the process freezes where it is, and CONT.</summary>
    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("kill", ["-" + signal, Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync();
    }

    /// <summary>Exit code if it ends by itself within this time, or null.</summary>
    public async Task<int?> EndedWithinAsync(TimeSpan patience)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(patience);
            return _process.ExitCode;
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
            return;
        _isDisposed = true;
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private void Start(Action<string> seen)
    {
        void Read(string? line)
        {
            if (line is null)
                return;
            lock (_output)
            {
                _output.Add(line);
                if (LogFolder is not null)
                    File.AppendAllText(Path.Combine(LogFolder, $"{_name}-{Id}.log"), $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {line}\n");
            }
            seen(line);
        }
        _process.OutputDataReceived += (_, e) => Read(e.Data);
        _process.ErrorDataReceived += (_, e) => Read(e.Data);
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }
}
