using System.Globalization;
using WhatsApp.MemoryProbe;

namespace WhatsApp.Load;

/// <summary>Asks a process for its <see cref="HeapFigures"/>.</summary>
internal static class HeapQuestion
{
    /// <summary>Has every process started from now on listen. Returns the folder they answer in.</summary>
    public static string Arm()
    {
        var folder = Directory.CreateTempSubdirectory("wa-load-memory-").FullName;
        Environment.SetEnvironmentVariable(HeapFigures.FolderName, folder);
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", typeof(HeapFigures).Assembly.Location);
        return folder;
    }

    /// <summary>Collects in the process and reads what is left.</summary>
    public static async Task<HeapFigures> AskAsync(string folder, int process, CancellationToken cancellationToken)
    {
        var file = HeapFigures.FileOf(folder, process);
        File.Delete(file);
        using (var kill = System.Diagnostics.Process.Start("kill", ["-USR1", process.ToString(CultureInfo.InvariantCulture)]))
            await kill.WaitForExitAsync(cancellationToken);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(60));
        while (!File.Exists(file))
            await Task.Delay(50, patience.Token);
        return HeapFigures.Read(file);
    }
}
