using System.Runtime.InteropServices;
using WhatsApp.MemoryProbe;

#pragma warning disable CA1050, MA0047 // the runtime looks for this name in the global namespace

/// <summary>
/// Runs inside the silos and gateways of a load run (DOTNET_STARTUP_HOOKS), so that the product needs no switch for it: at SIGUSR1 it collects
/// garbage and writes what the managed heap consists of. An assembly of its own, because everything it refers to is looked for beside the silo.
/// </summary>
internal static class StartupHook
{
    private const PosixSignal User1 = (PosixSignal)10;
    private static PosixSignalRegistration? _registration;

    public static void Initialize()
    {
        if (Environment.GetEnvironmentVariable(HeapFigures.FolderName) is { Length: > 0 } folder && !OperatingSystem.IsWindows())
            _registration = PosixSignalRegistration.Create(User1, signal =>
            {
                signal.Cancel = true;
                HeapFigures.Collect().Write(folder);
            });
    }
}
