using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using WhatsApp.Grains.Tests.Scripted;

namespace WhatsApp.Gateway.Tests;

/// <summary>The program as an operator starts and stops it.</summary>
public sealed class StartTests : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "WhatsApp.Gateway.dll");

    private readonly string _folder = Path.Combine(Path.GetTempPath(), "wa-start-" + Guid.NewGuid().ToString("N"));

    public void Dispose()
    {
        if (Directory.Exists(_folder))
            Directory.Delete(_folder, recursive: true);
    }

    private Process Run(params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        start.ArgumentList.Add("exec");
        start.ArgumentList.Add(Program);
        start.Environment["DATA_DIR"] = _folder;
        start.Environment["LISTEN"] = "http://127.0.0.1:0";
        foreach (var name in new[] { "PORT", "BASE_URL", "API_KEY", "DATA_KEY" })
            start.Environment.Remove(name);
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Runs to the end and gives its exit code and output.</summary>
    private static async Task<(int Code, string Out, string Error)> EndAsync(Process process)
    {
        using (process)
        {
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            try
            {
                await process.WaitForExitAsync(patience.Token);
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill();
            }
            return (process.ExitCode, await output, await error);
        }
    }

    public static TheoryData<string, string, string> BadSettings => new()
    {
        { "PORT", "http", "PORT" },
        { "LISTEN", "nowhere", "LISTEN" },
        { "BASE_URL", "wa.example.com", "BASE_URL" },
        { "API_KEY", "short", "API_KEY" },
        { "DATA_KEY", "not a key", "DATA_KEY" },
        { "DATA_DIR", "/dev/null/data", "DATA_DIR" },
        { "WhatsApp__SocketUrl", "https://web.whatsapp.com", "WhatsApp:SocketUrl" },
        { "WhatsApp__NoiseRootKey", "abc", "WhatsApp:NoiseRootKey" },
        { "WhatsApp__ExtraCaFile", "/no/such/file.pem", "WhatsApp:ExtraCaFile" },
        { "WhatsApp__Version", "latest", "WhatsApp:Version" },
        { "WhatsApp__LoginsPerSecond", "many", "WhatsApp:LoginsPerSecond" },
        { "Networks__test__SocketUrl", "x", "Networks:test:SocketUrl" },
        { "Storage__Synchronous", "OFF", "Storage:Synchronous" },
        { "Outbound__AllowPrivateNetworks", "si", "Outbound:AllowPrivateNetworks" },
    };

    [Theory, MemberData(nameof(BadSettings))]
    public async Task A_setting_that_cannot_be_used_stops_the_start_with_one_line_that_names_it(string name, string value, string named)
    {
        var (code, output, error) = await EndAsync(Run((name, value)));
        Assert.Equal((1, ""), (code, output));
        Assert.Matches($"^cannot start: [^\n]*{Regex.Escape(named)}[^\n]*\n$", error);
    }

    [Fact]
    public async Task A_port_in_use_stops_the_start_with_one_line()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var (code, _, error) = await EndAsync(Run(("LISTEN", $"http://127.0.0.1:{((IPEndPoint)taken.LocalEndpoint).Port}")));
        Assert.Equal(1, code);
        Assert.Matches("^cannot start: [^\n]*PORT[^\n]*\n$", error);
    }

    [Fact]
    public async Task Another_data_key_than_the_folders_stops_the_start()
    {
        await using (var gateway = new TestGateway())
        {
            gateway.Settings["DATA_KEY"] = new string('a', 64);
            await gateway.InitializeAsync();
            await gateway.StopAsync();
            var (code, output, error) = await EndAsync(Run(("DATA_DIR", gateway.Settings["DATA_DIR"]!), ("DATA_KEY", new string('b', 64))));
            Assert.Equal((1, ""), (code, output));
            Assert.Matches("^cannot start: [^\n]*DATA_KEY[^\n]*\n$", error);
        }
    }

    [Fact]
    public async Task The_first_start_prints_one_key_that_works_and_later_ones_print_none()
    {
        var first = Run(("WhatsApp__SocketUrl", "ws://127.0.0.1:9/"));
        var (address, key) = await ReadyAsync(first);
        using (var http = new HttpClient { BaseAddress = new Uri(address) })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync("/instances")).StatusCode);
            http.DefaultRequestHeaders.Add("X-API-Key", key);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/instances")).StatusCode);
            using var body = new StringContent("{\"instanceId\":\"a\"}", System.Text.Encoding.UTF8, "application/json");
            Assert.Equal(HttpStatusCode.Created, (await http.PostAsync("/instances", body)).StatusCode);
        }
        var stopping = TimeProvider.System.GetTimestamp();
        Assert.Equal(0, await TerminateAsync(first));
        Assert.True(TimeProvider.System.GetElapsedTime(stopping) < TimeSpan.FromSeconds(15));

        var second = Run(("WhatsApp__SocketUrl", "ws://127.0.0.1:9/"));
        (address, var newKey) = await ReadyAsync(second);
        Assert.Null(newKey);
        using (var http = new HttpClient { BaseAddress = new Uri(address) })
        {
            http.DefaultRequestHeaders.Add("X-API-Key", key);
            Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/instances/a/status")).StatusCode);
        }
        var (code, _, error) = await EndAsync(Run());
        Assert.Equal(1, code); // the folder is taken
        Assert.Contains("DATA_DIR", error, StringComparison.Ordinal);
        Assert.Equal(0, await TerminateAsync(second));
    }

    [Fact]
    public async Task A_restart_keeps_instances_keys_and_answers()
    {
        await using var gateway = new TestGateway();
        await gateway.InitializeAsync();
        var (id, device, token) = await gateway.CreateAsync(open: true);
        var once = ("Idempotency-Key", "k-1");
        var sent = await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "x" }, once);
        await gateway.StopAsync();
        Assert.True(device.IsDisposed);
        Assert.Equal(0, device.Logouts);

        await gateway.StartAsync();
        await gateway.Devices.DeviceAsync(id, 2);
        await Eventually.TrueAsync(async () => (await gateway.SendAsync(HttpMethod.Get, $"/instances/{id}/status", key: token))["status"] == "reconnecting", "the instance reconnects");
        var again = await gateway.PostAsync($"/instances/{id}/sendMessage", new { to = "5511900000002", message = "x" }, once);
        Assert.Equal(sent.Text, again.Text);
        (await gateway.GetAsync($"/instances/{id}/qr")).IsProblem(409, "already-connected");
    }

    [Fact]
    public async Task A_changed_api_key_takes_the_old_one_away()
    {
        await using var gateway = new TestGateway();
        await gateway.InitializeAsync();
        var (_, _, token) = await gateway.CreateAsync();
        await gateway.StopAsync();
        const string newKey = "another-admin-key-9876543210";
        gateway.Settings["API_KEY"] = newKey;
        await gateway.StartAsync();
        (await gateway.GetAsync("/instances")).IsProblem(401, "unauthorized");
        Assert.Equal(200, (await gateway.SendAsync(HttpMethod.Get, "/instances", key: newKey)).Status);
        (await gateway.SendAsync(HttpMethod.Get, "/instances", key: token)).IsProblem(403, "forbidden");
    }

    [Fact]
    public async Task A_long_poll_does_not_hold_up_the_stop()
    {
        await using var gateway = new TestGateway();
        await gateway.InitializeAsync();
        var (id, _, _) = await gateway.CreateAsync();
        var waiting = gateway.GetAsync($"/instances/{id}/qr?wait=30");
        await Task.Delay(200);
        var stopping = TimeProvider.System.GetTimestamp();
        gateway.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        Assert.Equal(202, (await waiting).Status);
        await gateway.StopAsync();
        Assert.True(TimeProvider.System.GetElapsedTime(stopping) < TimeSpan.FromSeconds(15));
    }

    // The log may speak first. The key line, if any, follows the ready line in one go.
    private static async Task<(string Address, string? Key)> ReadyAsync(Process process)
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        const string ready = " is ready on ", key = "API key (";
        var line = await LineAsync(text => text.Contains(ready, StringComparison.Ordinal));
        var address = line[(line.IndexOf(ready, StringComparison.Ordinal) + ready.Length)..];
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("/readyz", patience.Token)).StatusCode);
        var next = LineAsync(text => text.StartsWith(key, StringComparison.Ordinal));
        return await Task.WhenAny(next, Task.Delay(500, patience.Token)) == next ? (address, (await next).Split(": ")[^1]) : (address, null);

        async Task<string> LineAsync(Func<string, bool> wanted)
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } read)
                if (wanted(read))
                    return read;
            throw new InvalidOperationException("ended: " + await process.StandardError.ReadToEndAsync(patience.Token));
        }
    }

    private static async Task<int> TerminateAsync(Process process)
    {
        const int sigTerm = 15;
        _ = Kill(process.Id, sigTerm);
        using (process)
        {
            using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
            await process.WaitForExitAsync(patience.Token);
            return process.ExitCode;
        }
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);
}
