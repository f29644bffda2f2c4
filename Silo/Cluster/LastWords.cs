using Orleans.Runtime;

namespace WhatsApp.Silo.Cluster;

/// <summary>
/// Ends a silo that cannot go on, mostly because it was frozen or cut off and the others have declared it dead: at once, since others may own
/// its instances by now, with one line and exit code 1 where Orleans would leave a crash dump. The orchestrator starts it again.
/// </summary>
internal sealed class LastWords(TextWriter output, Action<int> exit) : IFatalErrorHandler
{
    // Whoever is still running while the process ends must not keep it.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>On the error output of this process.</summary>
    public LastWords() : this(Console.Error, Exit)
    {
    }

    public bool IsUnexpected(Exception exception) => exception is not ThreadAbortException;

    public void OnFatalException(object? sender, string? context, Exception? exception)
    {
        output.WriteLine($"the silo ends, to be started again: {(context ?? sender?.ToString() ?? "fatal error").ReplaceLineEndings(" ")}{(exception is null ? "" : $" {exception}")}");
        output.Flush();
        exit(1);
    }

    private static void Exit(int code)
    {
        new Thread(static () =>
        {
            Thread.Sleep(Patience);
            Environment.FailFast("the silo did not end by itself");
        })
        { IsBackground = true }.Start();
        Environment.Exit(code);
    }
}
