using System.Diagnostics;
using System.Text.Json;

namespace WhatsApp.Servers;

/// <summary>The npm S3 server of tests/ObjectStore in a process of its own; ends with us.</summary>
public sealed class S3Server : IAsyncDisposable
{
    /// <summary>Both keys of the server.</summary>
    public const string Key = "S3RVER";

    private readonly string _folder;
    private readonly Process _process;

    private S3Server(string folder, Process process, Uri address) => (_folder, _process, Address) = (folder, process, address);

    /// <summary>Where it listens, on loopback.</summary>
    public Uri Address { get; }

    /// <summary>Starts one with an empty folder.</summary>
    public static async Task<S3Server> StartAsync()
    {
        var folder = Directory.CreateTempSubdirectory("wa-s3-").FullName;
        var process = Process.Start(new ProcessStartInfo("node", [Path.Combine(Repository, "tests", "ObjectStore", "server.mjs"), folder])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        var line = await process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the S3 server does not start: npm --prefix tests/ObjectStore ci");
        using var ready = JsonDocument.Parse(line);
        return new S3Server(folder, process, new Uri($"http://127.0.0.1:{ready.RootElement.GetProperty("port").GetInt32()}"));
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static string Repository
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(folder.FullName, "Cluster.sln")))
                folder = folder.Parent ?? throw new InvalidOperationException("not inside the repository");
            return folder.FullName;
        }
    }
}
