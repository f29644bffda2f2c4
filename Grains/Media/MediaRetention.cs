using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Media;

/// <summary>Removes stored files whose time is over (settings.retentionDays). The object goes first: a row without object is found again, an object without row is not.</summary>
internal sealed partial class MediaRetention(IServiceProvider provider) : BackgroundService
{
    private const int AtOnce = 100;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not before the lock of the data folder is ours: making the parts clears their work folder.
        var parts = provider.GetRequiredService<ReceivedMedia>();
        using var timer = new PeriodicTimer(parts.Options.RetentionPeriod, parts.Time);
        do
        {
            try
            {
                while (await RemoveSomeAsync(parts, stoppingToken) == AtOnce)
                    await Task.Yield();
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                LogFailed(parts.Logger, error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private static async Task<int> RemoveSomeAsync(ReceivedMedia parts, CancellationToken cancellationToken)
    {
        var expired = await parts.Store.FindExpiredAsync(parts.Now, AtOnce, cancellationToken);
        foreach (var (instanceId, row) in expired)
        {
            if (row.ObjectKey is { } key)
                await parts.Objects.DeleteAsync(key, cancellationToken);
            await parts.Store.ChangeAsync(instanceId, MediaState.Stored, row with { State = MediaState.Removed, ObjectKey = null, ExpiresAt = null }, cancellationToken);
        }
        return expired.Count;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "files whose time is over could not be removed; trying again later")]
    private static partial void LogFailed(ILogger logger, Exception error);
}
