using System.Diagnostics;
using System.Text.Json;
using WhatsApp.Grains.Media;

namespace WhatsApp.Grains.Tests.Media;

/// <summary>The npm S3 server of tests/ObjectStore in a process of its own; ends with us.</summary>
public sealed class S3Server : IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "wa-s3-" + Guid.NewGuid().ToString("N"));
    private Process? _process;
    private int _port;

    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(_folder);
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(Path.Combine(Repository, "tests", "ObjectStore", "server.mjs"));
        start.ArgumentList.Add(_folder);
        _process = Process.Start(start)!;
        var line = await _process.StandardOutput.ReadLineAsync() ?? throw new InvalidOperationException("the S3 server does not start: npm --prefix tests/ObjectStore ci");
        _port = JsonDocument.Parse(line).RootElement.GetProperty("port").GetInt32();
    }

    /// <summary>How to reach a bucket of it; the keys are the server's own.</summary>
    public S3Options Options(string bucket)
    {
        var address = new Uri($"http://127.0.0.1:{_port}");
        return new S3Options(address, "S3RVER", "S3RVER", bucket, address, "us-east-1");
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { } process)
        {
            process.StandardInput.Close();
            await process.WaitForExitAsync();
            process.Dispose();
        }
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
