using System.Runtime.InteropServices;

namespace WhatsApp.Sandbox;

/// <summary>Ctrl-C and SIGTERM end the program in order.</summary>
internal static class Shutdown
{
    /// <summary>Cancels when the process is asked to stop.</summary>
    public static IDisposable On(CancellationTokenSource stop)
    {
        void Handle(PosixSignalContext context)
        {
            context.Cancel = true;
            stop.Cancel();
        }
        return new Registrations(PosixSignalRegistration.Create(PosixSignal.SIGINT, Handle), PosixSignalRegistration.Create(PosixSignal.SIGTERM, Handle));
    }

    /// <summary>Completes, without an exception, when cancelled.</summary>
    public static Task WaitAsync(CancellationToken stop)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        stop.Register(static state => ((TaskCompletionSource)state!).TrySetResult(), done);
        return done.Task;
    }

    private sealed class Registrations(params IDisposable[] all) : IDisposable
    {
        public void Dispose()
        {
            foreach (var one in all)
                one.Dispose();
        }
    }
}
