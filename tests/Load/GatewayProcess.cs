using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Load;

/// <summary>The product as a process of its own, so that its time and memory are its own: embedded mode, SQLite, a fresh data folder.</summary>
internal sealed partial class GatewayProcess : IAsyncDisposable
{
    private const string Key = "load-program-key-1";
    private const double Mega = 1024 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly string _folder;

    private GatewayProcess(Process process, string folder, Uri address)
    {
        (_process, _folder) = (process, folder);
        Http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(120) };
        Http.DefaultRequestHeaders.Add("X-API-Key", Key);
    }

    public HttpClient Http { get; }

    /// <summary>Processor time used so far, milliseconds.</summary>
    public double CpuMs
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime.TotalMilliseconds;
        }
    }

    /// <summary>Resident memory now and at its highest, MB.</summary>
    public (double Now, double Peak) Memory
    {
        get
        {
            _process.Refresh();
            return (_process.WorkingSet64 / Mega, _process.PeakWorkingSet64 / Mega);
        }
    }

    public static async Task<GatewayProcess> StartAsync(SandboxNetwork network, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("wa-load-").FullName;
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "WhatsApp.Gateway.dll")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach (var (name, value) in new Dictionary<string, string?>
        {
            ["LISTEN"] = "http://127.0.0.1:0",
            ["API_KEY"] = Key,
            ["DATA_DIR"] = folder,
            ["WhatsApp__SocketUrl"] = network.SocketUrl.ToString(),
            ["WhatsApp__NoiseRootKey"] = Convert.ToHexStringLower(network.RootKey),
            ["WhatsApp__ExtraCaFile"] = network.CaFile,
        })
            start.Environment[name] = value;
        var ready = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = new Process { StartInfo = start, EnableRaisingEvents = true };
        process.OutputDataReceived += (_, line) => Look(line.Data);
        process.ErrorDataReceived += (_, line) => Look(line.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("the gateway ended before it was ready"));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new GatewayProcess(process, folder, await ready.Task.WaitAsync(Patience, cancellationToken));

        void Look(string? line)
        {
            if (line is not null && Ready().Match(line) is { Success: true } found)
                ready.TrySetResult(new Uri(found.Groups["url"].Value));
        }
    }

    /// <summary>Creates an instance, links it and waits until it is open.</summary>
    public async Task LinkAsync(string instance, VirtualPhone phone, CancellationToken cancellationToken)
    {
        using var created = await Http.PostAsJsonAsync("/instances", new { instanceId = instance }, cancellationToken);
        created.EnsureSuccessStatusCode();
        await phone.ScanAsync(await Http.GetStringAsync($"/instances/{instance}/qr?format=raw&wait=20", cancellationToken), cancellationToken);
        while ((await Http.GetFromJsonAsync<JsonElement>($"/instances/{instance}/status", cancellationToken)).GetProperty("status").GetString() != "open")
            await Task.Delay(50, cancellationToken);
    }

    /// <summary>Waits until the process does nothing any more: less than one percent of a processor over half a second.</summary>
    public async Task UntilIdleAsync(CancellationToken cancellationToken)
    {
        for (var before = CpuMs; ;)
        {
            await Task.Delay(500, cancellationToken);
            var now = CpuMs;
            if (now - before < 5)
                return;
            before = now;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
            _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    [GeneratedRegex(@"is ready on (?<url>http://\S+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ready();
}
