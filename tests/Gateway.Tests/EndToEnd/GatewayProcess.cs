using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using WhatsApp.Sandbox;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>The real gateway as a process of its own, on a free port, wired to a sandbox network: it can be killed.</summary>
internal sealed class GatewayProcess : IAsyncDisposable
{
    public const string Key = "end-to-end-test-key";
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);

    private readonly string _dataDirectory;
    private readonly SandboxNetwork _network;
    private readonly Dictionary<string, string> _environment;
    private Process? _process;
    private HttpClient? _http;

    public GatewayProcess(SandboxNetwork network, string dataDirectory, Dictionary<string, string>? environment = null)
    {
        (_network, _dataDirectory) = (network, dataDirectory);
        _environment = environment ?? [];
    }

    public List<string> Output { get; } = [];

    public HttpClient Http => _http ?? throw new InvalidOperationException("not started");

    public async Task StartAsync()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "WhatsApp.Gateway.dll")])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = _dataDirectory,
        };
        start.Environment["LISTEN"] = "http://127.0.0.1:0";
        start.Environment["API_KEY"] = Key;
        start.Environment["DATA_DIR"] = _dataDirectory;
        start.Environment["WhatsApp__SocketUrl"] = _network.SocketUrl.ToString();
        start.Environment["WhatsApp__NoiseRootKey"] = Convert.ToHexStringLower(_network.RootKey);
        start.Environment["WhatsApp__ExtraCaFile"] = _network.CaFile;
        start.Environment["Outbound__AllowPrivateNetworks"] = "true";
        foreach (var (name, value) in _environment)
            start.Environment[name] = value;
        var ready = new TaskCompletionSource<Uri>(TaskCreationOptions.RunContinuationsAsynchronously);
        var process = _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        void Read(string? line)
        {
            if (line is null)
                return;
            lock (Output)
                Output.Add(line);
            if (Regex.Match(line, @"is ready on (?<url>http://\S+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)) is { Success: true } match)
                ready.TrySetResult(new Uri(match.Groups["url"].Value));
        }
        process.OutputDataReceived += (_, e) => Read(e.Data);
        process.ErrorDataReceived += (_, e) => Read(e.Data);
        process.Exited += (_, _) => ready.TrySetException(new InvalidOperationException("the gateway ended: " + string.Join('\n', Output)));
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var address = await ready.Task.WaitAsync(StartPatience);
        _http?.Dispose();
        _http = new HttpClient { BaseAddress = address, Timeout = TimeSpan.FromSeconds(60) };
        _http.DefaultRequestHeaders.Add("X-API-Key", Key);
    }

    /// <summary>SIGKILL: nothing is flushed, nothing says goodbye.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
    }

    public async Task<JsonElement> PostAsync(string path, object body, int expectedStatus)
    {
        using var response = await Http.PostAsJsonAsync(path, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode == expectedStatus, $"{path} answered {(int)response.StatusCode}: {text}");
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    public async Task<JsonElement> GetAsync(string path) => await Http.GetFromJsonAsync<JsonElement>(path);

    /// <summary>Creates an instance, scans its QR with the phone and waits until it is open.</summary>
    public async Task LinkAsync(string instanceId, Sandbox.Phones.VirtualPhone phone, Uri? webhook)
    {
        await PostAsync("/instances", new { instanceId, webhook = webhook is null ? (object?)null : new { url = webhook.ToString(), events = new[] { "*" }, retries = new { initialDelaySeconds = 1 } } }, 201);
        await ScanAsync(instanceId, phone);
    }

    public async Task ScanAsync(string instanceId, Sandbox.Phones.VirtualPhone phone)
    {
        var qr = await Http.GetStringAsync($"/instances/{instanceId}/qr?format=raw&wait=20");
        await phone.ScanAsync(qr);
        await WaitForStatusAsync(instanceId, "open");
    }

    public async Task WaitForStatusAsync(string instanceId, string status, int seconds = 30)
    {
        var clock = Stopwatch.StartNew();
        string? seen = null;
        while (clock.Elapsed < TimeSpan.FromSeconds(seconds))
        {
            seen = (await GetAsync($"/instances/{instanceId}/status")).GetProperty("status").GetString();
            if (seen == status)
                return;
            await Task.Delay(50);
        }
        Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"{instanceId} is {seen} after {seconds} s, not {status}\n{string.Join('\n', Output.TakeLast(30))}"));
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { HasExited: false })
            await KillAsync();
        _process?.Dispose();
        _http?.Dispose();
    }
}
