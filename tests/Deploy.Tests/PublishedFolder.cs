using System.Diagnostics;
using System.Text.RegularExpressions;
using IO = System.IO;

namespace WhatsApp.Deploy.Tests;

/// <summary>Both programs as `dotnet publish` makes them, in a folder of root's, beside a data and a temporary folder of the user that runs them.</summary>
public sealed class PublishedFolder : IAsyncLifetime
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(240);

#if DEBUG
    private const string Configuration = "Debug";
#else
    private const string Configuration = "Release";
#endif

    /// <summary>As in the images: no name, no home.</summary>
    private const string User = "1654";

    /// <summary>Holds app, data and tmp.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("wa-deploy-").FullName;

    private string App => IO.Path.Combine(Path, "app");

    private static string[] AsUser => Environment.UserName == "root" ? ["setpriv", $"--reuid={User}", $"--regid={User}", "--clear-groups", "--no-new-privs"] : [];

    public async ValueTask InitializeAsync()
    {
        // .NET makes such folders for their owner alone.
        await CommandAsync("chmod", "755", Path);
        foreach (var project in new[] { "Silo", "Gateway" })
            await CommandAsync("dotnet", "publish", Repository.PathOf($"{project}/{project}.csproj"), "--no-build", "-c", Configuration, "-o", App);
        foreach (var name in new[] { "data", "tmp" })
        {
            var folder = Directory.CreateDirectory(IO.Path.Combine(Path, name)).FullName;
            if (AsUser.Length > 0)
                await CommandAsync("chown", $"{User}:{User}", folder);
        }
    }

    public ValueTask DisposeAsync()
    {
        Directory.Delete(Path, recursive: true);
        return ValueTask.CompletedTask;
    }

    /// <summary>Every file below app, data or tmp, with the time it was written.</summary>
    public List<string> Files(string folder) => [.. Directory.EnumerateFiles(IO.Path.Combine(Path, folder), "*", SearchOption.AllDirectories)
        .Select(path => $"{path} {File.GetLastWriteTimeUtc(path):O}").Order(StringComparer.Ordinal)];

    /// <summary>Starts a program as the other user, with nothing in its environment but what it needs.</summary>
    public Process Start(string assembly, string[] arguments, params (string Name, string Value)[] settings)
    {
        var info = Info([.. AsUser, "dotnet", IO.Path.Combine(App, assembly + ".dll"), .. arguments]);
        var path = info.Environment["PATH"];
        info.Environment.Clear();
        info.Environment["PATH"] = path;
        info.Environment["HOME"] = "/nonexistent";
        info.Environment["TMPDIR"] = IO.Path.Combine(Path, "tmp");
        info.Environment["DATA_DIR"] = IO.Path.Combine(Path, "data");
        info.Environment["DOTNET_EnableDiagnostics"] = "0";
        foreach (var (name, value) in settings)
            info.Environment[name] = value;
        return Process.Start(info)!;
    }

    /// <summary>Runs a program as the other user to its end.</summary>
    public async Task<(int Code, string Output)> RunAsync(string assembly, string[] arguments, params (string Name, string Value)[] settings)
    {
        using var process = Start(assembly, arguments, settings);
        return await EndAsync(process);
    }

    /// <summary>Waits until a gateway says where it is. Returns that, and what it prints to its end.</summary>
    public static async Task<(string Url, Task<string> Output)> ReadyAsync(Process process)
    {
        var errors = process.StandardError.ReadToEndAsync();
        var lines = new List<string>();
        using var patience = new CancellationTokenSource(Patience);
        while (await process.StandardOutput.ReadLineAsync(patience.Token) is { } line)
        {
            lines.Add(line);
            if (Regex.Match(line, @"is ready on (?<url>http://\S+)", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)) is { Success: true } ready)
                return (ready.Groups["url"].Value, RestAsync());
        }
        throw new InvalidOperationException($"it ended: {string.Join('\n', lines)}\n{await errors}");

        async Task<string> RestAsync() => $"{string.Join('\n', lines)}\n{await process.StandardOutput.ReadToEndAsync()}\n{await errors}";
    }

    /// <summary>Runs a command of the system, which must succeed.</summary>
    public static async Task CommandAsync(params string[] command)
    {
        using var process = Process.Start(Info(command))!;
        var (code, output) = await EndAsync(process);
        if (code != 0)
            throw new InvalidOperationException($"{string.Join(' ', command)} ended with {code}: {output}");
    }

    private static async Task<(int Code, string Output)> EndAsync(Process process)
    {
        var output = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync().WaitAsync(Patience);
        return (process.ExitCode, string.Concat(await output));
    }

    private static ProcessStartInfo Info(string[] command)
    {
        var info = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false, WorkingDirectory = "/" };
        // The test host belongs to a `dotnet test`: what that tells its own MSBuild is not for another one.
        foreach (var name in info.Environment.Keys.Where(name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToList())
            info.Environment.Remove(name);
        info.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        info.Environment["DOTNET_CLI_USE_MSBUILD_SERVER"] = "0";
        return info;
    }
}
