using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Webhooks;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Instances;

/// <summary>
/// Keeps desired instances running (orleans-notes §5): every few seconds it looks for those whose owner is nobody or a silo that is gone,
/// and wakes them; it also pokes webhooks with due rows that nobody has claimed. Reminders play no part.
/// </summary>
internal sealed partial class InstanceSweeper(
    IInstanceRegistry registry, IOutboxStore outbox, IGrainFactory grains, ILocalSiloDetails silo, TimeProvider time, ILogger<InstanceSweeper> logger)
    : BackgroundService
{
    private const int AtOnce = 32;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Neglected = TimeSpan.FromSeconds(30);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        do
        {
            try
            {
                await WakeInstancesAsync(stoppingToken);
                foreach (var instanceId in await outbox.FindNeglectedAsync(Neglected, 1000, stoppingToken))
                    await grains.GetGrain<IWebhookGrain>(instanceId).PokeAsync();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception error)
            {
                LogSweepFailed(logger, error);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task WakeInstancesAsync(CancellationToken cancellationToken)
    {
        var self = silo.SiloAddress.ToParsableString();
        var orphans = (await registry.ListDesiredAsync(cancellationToken)).Where(instance => instance.Owner != self).ToList();
        if (orphans.Count == 0)
            return;
        LogWaking(logger, orphans.Count);
        await Parallel.ForEachAsync(orphans, new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken },
            async (instance, token) =>
            {
                try
                {
                    await grains.GetGrain<IInstanceGrain>(instance.InstanceId).EnsureRunningAsync(token);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    LogWakeFailed(logger, instance.InstanceId, error);
                }
            });
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "waking {Count} instances")]
    private static partial void LogWaking(ILogger logger, int count);

    [LoggerMessage(Level = LogLevel.Error, Message = "sweep failed; trying again")]
    private static partial void LogSweepFailed(ILogger logger, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "{InstanceId} could not be woken")]
    private static partial void LogWakeFailed(ILogger logger, string instanceId, Exception error);
}
