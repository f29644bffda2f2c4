using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Telemetry;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

/// <summary>How the run of a device ended.</summary>
internal enum RunEnd
{
    /// <summary>Stopped by its owner, or for good by itself.</summary>
    Stopped,
    /// <summary>Somebody else owns the instance now.</summary>
    Fenced,
}

/// <summary>
/// Keeps one device running until stopped: a device that breaks is made anew after a pause, so that nothing of its broken state survives.
/// Lives on the scheduler it is started on.
/// </summary>
internal sealed class DeviceRun(
    string instanceId, Func<IWhatsAppDevice> create, Func<CancellationToken, ValueTask> announce, TimeSpan restartPause, RepeatedErrors errors, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    private const string WillNotStop = "the device does not stop; leaving it behind";
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(10);

    private readonly CancellationTokenSource _stop = new();

    /// <summary>Null before the first is made and while one that broke is being replaced.</summary>
    public IWhatsAppDevice? Device { get; private set; }

    /// <summary>Completes when nothing runs any more; never fails.</summary>
    public Task<RunEnd> End { get; private set; } = Task.FromResult(RunEnd.Stopped);

    /// <summary>Starts; the device is there when this returns, unless it could not be made.</summary>
    public DeviceRun Start()
    {
        End = LoopAsync();
        return this;
    }

    /// <summary>Closes the socket without logging out, and waits for the end.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await DisposeDeviceAsync();
        try
        {
            await End.WaitAsync(StopPatience, time);
            _stop.Dispose();
        }
        catch (TimeoutException error)
        {
            errors.Tell(logger, WillNotStop, instanceId, error);
        }
    }

    private async Task<RunEnd> LoopAsync()
    {
        while (true)
        {
            try
            {
                Device = create();
                await announce(_stop.Token);
                await Device.RunAsync(_stop.Token);
                return RunEnd.Stopped;
            }
            catch (OperationCanceledException) when (_stop.IsCancellationRequested)
            {
                return RunEnd.Stopped;
            }
            catch (FencedException)
            {
                await DisposeDeviceAsync();
                return RunEnd.Fenced;
            }
            catch (Exception error)
            {
                errors.Tell(logger, "the device broke; starting a new one soon", instanceId, error);
            }
            await DisposeDeviceAsync();
            await Task.Delay(restartPause, time, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (_stop.IsCancellationRequested)
                return RunEnd.Stopped;
        }
    }

    private async Task DisposeDeviceAsync()
    {
        if (Device is not { } device)
            return;
        Device = null;
        try
        {
            await device.DisposeAsync().AsTask().WaitAsync(StopPatience, time);
        }
        catch (Exception error)
        {
            errors.Tell(logger, WillNotStop, instanceId, error);
        }
    }
}
