using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using WhatsApp.Sandbox;

namespace WhatsApp.Interop.Tests;

/// <summary>
/// A client of another make, running as a Node program of its own and driven over JSON lines (<c>clients/lines.mjs</c>).
/// Set INTEROP_TRACE=1 to see its log on stderr.
/// </summary>
internal sealed class ThirdPartyClient : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(40);
    private static readonly string Folder = Path.Combine(SourceFolder(), "clients");

    private readonly Process _process;
    private readonly ClientLog _log = new();
    private readonly Task _reading;
    private readonly Task _complaining;
    private int _lastTag;

    private ThirdPartyClient(ThirdPartyLibrary library, string caFile)
    {
        if (!Directory.Exists(Path.Combine(Folder, "node_modules")))
            throw new InvalidOperationException("the client libraries are not installed: tests/run does it, or `npm ci` in tests/Interop.Tests/clients");
        Library = library;
        _process = Process.Start(new ProcessStartInfo("node", $"{library.ToString().ToLowerInvariant()}.mjs")
        {
            WorkingDirectory = Folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            // The media hosts are https under the sandbox's own authority.
            Environment = { ["NODE_EXTRA_CA_CERTS"] = caFile },
        })!;
        _reading = ReadAsync();
        _complaining = ComplainAsync();
    }

    /// <summary>Which library it is.</summary>
    public ThirdPartyLibrary Library { get; }

    /// <summary>Everything it has told.</summary>
    public ClientLog Log => _log;

    /// <summary>Starts a program that connects to the sandbox without an account: it will show a QR.</summary>
    public static async Task<ThirdPartyClient> StartAsync(ThirdPartyLibrary library, SandboxNetwork network)
    {
        var client = new ThirdPartyClient(library, network.CaFile);
        try
        {
            await client.DoAsync("start", new() { ["url"] = network.SocketUrl.ToString(), ["rootKey"] = Convert.ToHexStringLower(network.RootKey) });
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Runs a command and gives its answer.</summary>
    /// <exception cref="ThirdPartyException">It failed or did not answer.</exception>
    public async Task<ClientEvent> DoAsync(string command, JsonObject? fields = null)
    {
        var line = fields ?? [];
        var tag = Interlocked.Increment(ref _lastTag);
        line["do"] = command;
        line["tag"] = tag;
        await _process.StandardInput.WriteLineAsync(line.ToJsonString());
        await _process.StandardInput.FlushAsync();
        var done = _log.WaitAsync("done", answer => answer.Number("tag") == tag, 0, Patience);
        var failed = _log.WaitAsync("failed", answer => answer.Number("tag") == tag, 0, Patience);
        var answer = await await Task.WhenAny(done, failed);
        _ = done.ContinueWith(static late => late.Exception, TaskScheduler.Default);
        _ = failed.ContinueWith(static late => late.Exception, TaskScheduler.Default);
        return answer.Name == "done" ? answer : throw new ThirdPartyException($"{Library} could not {command}: {answer["message"]}");
    }

    /// <summary>Sends a text and gives its message id.</summary>
    public async Task<string> SendTextAsync(string to, string text) => (await DoAsync("send", new() { ["to"] = to, ["text"] = text }))["id"]!;

    /// <summary>Sends any kind of message (<c>contentOf</c> in the client program) and gives its id.</summary>
    public async Task<string> SendAsync(string kind, string to, JsonObject fields)
    {
        fields["kind"] = kind;
        fields["to"] = to;
        return (await DoAsync("send", fields))["id"]!;
    }

    /// <summary>The decrypted message with this id; for a file, after the library has fetched it.</summary>
    public Task<ClientEvent> WaitForMessageAsync(string id) => WaitAsync("message", one => one["id"] == id);

    /// <summary>The first event of this name, past or future, that fits.</summary>
    public Task<ClientEvent> WaitAsync(string name, Func<ClientEvent, bool>? fits = null, int after = 0) => _log.WaitAsync(name, fits ?? (static _ => true), after, Patience);

    /// <summary>The decrypted text message with this content.</summary>
    public Task<ClientEvent> WaitForTextAsync(string text) => WaitAsync("message", one => one["type"] == "text" && one["text"] == text);

    /// <summary>How a message was encrypted when it came: pkmsg or msg.</summary>
    public async Task<string> CipherOfAsync(string messageId) => (await WaitAsync("cipher", one => one["id"] == messageId))["type"]!;

    /// <summary>Ends the program.</summary>
    public async ValueTask DisposeAsync()
    {
        try
        {
            _process.StandardInput.Close();
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (Exception late) when (late is OperationCanceledException or IOException)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }
        await Task.WhenAll(_reading, _complaining);
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            using var json = JsonDocument.Parse(line);
            var fields = json.RootElement.Clone();
            _log.Add(new ClientEvent(fields.GetProperty("event").GetString()!, fields));
        }
        await _process.WaitForExitAsync();
        _log.End(string.Create(CultureInfo.InvariantCulture, $"the program ended with {_process.ExitCode}"));
    }

    private async Task ComplainAsync()
    {
        var tracing = Environment.GetEnvironmentVariable("INTEROP_TRACE") is { Length: > 0 };
        while (await _process.StandardError.ReadLineAsync() is { } line)
            if (tracing)
                await Console.Error.WriteLineAsync($"[{Library}] {line}");
    }

    private static string SourceFolder([System.Runtime.CompilerServices.CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
