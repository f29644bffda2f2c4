using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace WhatsApp.Silo.Cluster;

/// <summary>
/// Enters this silo into Redis again when its row is gone: an emptied Redis (restart without disk, FLUSHALL) would leave the running silos known to
/// each other only, unseen by gateways and by silos that start later, which then form a second cluster. Orleans writes the row once, at the start.
/// </summary>
internal sealed partial class MembershipRepair(IMembershipTable table, ILocalSiloDetails silo, IClusterMembershipService membership, TimeProvider time, ILogger<MembershipRepair> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);

    private MembershipEntry? _own;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            try
            {
                await LookAsync(stoppingToken);
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                // Redis is away; what it knows then is looked at when it is back.
                LogNotRead(logger, error.Message);
            }
    }

    /// <summary>Looks once.</summary>
    internal async Task LookAsync(CancellationToken stoppingToken)
    {
        var rows = await table.ReadAllAsync(stoppingToken);
        if (rows.Members.FirstOrDefault(row => row.Item1.SiloAddress.Equals(silo.SiloAddress)) is { } found)
        {
            _own = found.Item1;
            return;
        }
        // Others may take a leaving or dead silo's row away; only who is active belongs there.
        if (_own is not { Status: SiloStatus.Active } own || membership.CurrentSnapshot.GetSiloStatus(silo.SiloAddress) != SiloStatus.Active)
            return;
        await table.InitializeMembershipTableAsync(true, stoppingToken);
        rows = await table.ReadAllAsync(stoppingToken);
        own.IAmAliveTime = time.GetUtcNow().UtcDateTime;
        own.SuspectTimes = null;
        // Somebody else may have written meanwhile: then the next look does it.
        if (await table.InsertRowAsync(own, rows.Version.Next(), stoppingToken))
            LogEntered(logger);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis had lost this silo; it is entered again")]
    private static partial void LogEntered(ILogger logger);

    [LoggerMessage(Level = LogLevel.Debug, Message = "the membership table could not be read: {Reason}")]
    private static partial void LogNotRead(ILogger logger, string reason);
}
