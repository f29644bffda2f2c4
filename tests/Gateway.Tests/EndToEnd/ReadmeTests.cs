using System.Diagnostics;
using System.Text.RegularExpressions;

namespace WhatsApp.Gateway.Tests.EndToEnd;

/// <summary>The README's walk-through, run as it is printed: only the two ports are replaced, so that it can run beside anything.</summary>
public sealed class ReadmeTests
{
    [Fact]
    public async Task The_walk_through_without_a_phone_works_as_printed()
    {
        var (gatewayPort, sandboxPort) = (WhatsApp.Servers.FreePort.Next(), WhatsApp.Servers.FreePort.Next());
        var script = Block("In another:")
            .Replace("localhost:5000", $"localhost:{gatewayPort}", StringComparison.Ordinal)
            .Replace("localhost:5100", $"localhost:{sandboxPort}", StringComparison.Ordinal);
        using var sandbox = Start("dotnet", [Path.Combine(AppContext.BaseDirectory, "WhatsApp.Sandbox.dll"), "--port", $"{sandboxPort}"],
            new() { ["PORT"] = $"{gatewayPort}", ["API_KEY"] = "my-own-sandbox-key" });
        try
        {
            await WaitUntilReadyAsync(gatewayPort);
            using var bash = Start("bash", ["-e", "-c", script], []);
            var output = await bash.StandardOutput.ReadToEndAsync();
            await bash.WaitForExitAsync();
            Assert.True(bash.ExitCode == 0, output);
            Assert.Contains("\"deviceJid\":\"5511900000001:", output, StringComparison.Ordinal);
            Assert.Contains("\"status\":\"server_ack\"", output, StringComparison.Ordinal);
            Assert.Contains("\"text\":\"Hello Ana\"", output, StringComparison.Ordinal);
            Assert.Contains("\"event\":\"connection.open\"", output, StringComparison.Ordinal);
            Assert.Contains("\"event\":\"message.sent\"", output, StringComparison.Ordinal);
            Assert.Contains("\"event\":\"message.received\"", output, StringComparison.Ordinal);
            Assert.Contains('█', output);
        }
        finally
        {
            sandbox.Kill(entireProcessTree: true);
            await sandbox.WaitForExitAsync();
        }
    }

    private static string Block(string after)
    {
        var readme = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "README.md"));
        var match = Regex.Match(readme, Regex.Escape(after) + @"\s+```sh\n(?<script>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        Assert.True(match.Success, $"the README has no block after '{after}'");
        return match.Groups["script"].Value;
    }

    private static Process Start(string file, string[] arguments, Dictionary<string, string> environment)
    {
        var start = new ProcessStartInfo(file, arguments) { UseShellExecute = false, RedirectStandardOutput = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return Process.Start(start)!;
    }

    private static async Task WaitUntilReadyAsync(int port)
    {
        using var http = new HttpClient();
        for (var clock = Stopwatch.StartNew(); clock.Elapsed < TimeSpan.FromSeconds(60); await Task.Delay(100))
            try
            {
                if ((await http.GetAsync($"http://localhost:{port}/readyz")).IsSuccessStatusCode)
                    return;
            }
            catch (HttpRequestException)
            {
                // Not listening yet.
            }
        Assert.Fail("the sandbox's gateway is not ready after 60 s");
    }
}
