using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Abstractions.Media;

namespace WhatsApp.Grains.Media;

/// <summary>Once an hour: files that nobody sent in time, and uploads whose time is over, go (<see cref="MediaOptions"/>).</summary>
internal sealed partial class StagingSweeper(IObjectStore store, MediaOptions options, TimeProvider time, ILogger<StagingSweeper> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                LogFailed(logger, error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>One look.</summary>
    internal async Task SweepAsync(CancellationToken cancellationToken)
    {
        await SweepAsync(MediaIntake.Staging + "/", options.StagingLifetime, cancellationToken);
        await SweepAsync(MediaIntake.Uploads + "/", options.UploadLifetime, cancellationToken);
    }

    private async Task SweepAsync(string prefix, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await foreach (var entry in store.ListAsync(prefix, cancellationToken))
            if (now - entry.WrittenAt > lifetime)
                await store.DeleteAsync(entry.Key, cancellationToken);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "sweeping old files failed; trying again in an hour")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
