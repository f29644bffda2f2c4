using Orleans;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Silo.Cluster;

/// <summary>
/// While no silo is connected, asks for one: Orleans connects only for a call, and requests are refused meanwhile.
/// A connection, not the answer, makes the cluster reachable.
/// </summary>
internal sealed class Reconnection(ClusterConnection cluster, IGrainFactory grains, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Pause, time);
        while (await ticks.WaitForNextTickAsync(stoppingToken))
            if (!cluster.IsUp)
                await KnockAsync(stoppingToken);
    }

    private async Task KnockAsync(CancellationToken stoppingToken)
    {
        try
        {
            await grains.GetGrain<IManagementGrain>(0).GetTotalActivationCount(stoppingToken).WaitAsync(Pause * 4, time, stoppingToken);
        }
        catch (Exception) when (!stoppingToken.IsCancellationRequested)
        {
            // No silo yet, or the client has not started.
        }
    }
}
