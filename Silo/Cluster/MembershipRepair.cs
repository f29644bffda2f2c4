using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans;
using Orleans.Runtime;

namespace WhatsApp.Silo.Cluster;

/// <summary>
/// Fills Redis again when it has lost its rows: an emptied Redis (restart without disk, FLUSHALL) would leave the running silos known to
/// each other only, unseen by gateways and by silos that start later, which then form a second cluster. Orleans writes a row once, at the start.
/// What is done in which order, and why: <see cref="MembershipPlan"/>.
/// </summary>
internal sealed partial class MembershipRepair(IMembershipTable table, ILocalSiloDetails silo, IClusterMembershipService membership, TimeProvider time, ILogger<MembershipRepair> logger) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(3);
    // A step is one round trip, and the version grows by a few with each start and stop of a silo. What is left is done at the next look.
    private const int MostSteps = 2_000;

    private ImmutableDictionary<SiloAddress, MembershipEntry> _remembered = ImmutableDictionary<SiloAddress, MembershipEntry>.Empty;

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

    /// <summary>Looks once, and does what is to be done.</summary>
    internal async Task LookAsync(CancellationToken stoppingToken)
    {
        for (var step = 0; step < MostSteps; step++)
        {
            // The version's row may be gone with the others.
            await table.InitializeMembershipTableAsync(true, stoppingToken);
            var rows = await table.ReadAllAsync(stoppingToken);
            if (rows.Members.Any(row => row.Item1.SiloAddress.Equals(silo.SiloAddress)))
                _remembered = _remembered.SetItems(rows.Members.Select(row => KeyValuePair.Create(row.Item1.SiloAddress, row.Item1)));
            switch (MembershipPlan.Next(silo.SiloAddress, membership.CurrentSnapshot, _remembered, rows))
            {
                case MembershipStep.Enter(var row):
                    row.IAmAliveTime = time.GetUtcNow().UtcDateTime;
                    row.SuspectTimes = null;
                    // False: somebody else has written meanwhile, perhaps the same.
                    if (await table.InsertRowAsync(row, rows.Version.Next(), stoppingToken))
                        LogEntered(logger, row.SiloName);
                    break;
                case MembershipStep.Raise(var row):
                    await table.UpdateRowAsync(row, rows.Version.VersionEtag, rows.Version.Next(), stoppingToken);
                    break;
                case MembershipStep.CatchUp(var version):
                    await membership.Refresh(version, stoppingToken);
                    return;
                default:
                    _remembered = rows.Members.ToImmutableDictionary(row => row.Item1.SiloAddress, row => row.Item1);
                    return;
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Redis had lost {Silo}; it is entered again")]
    private static partial void LogEntered(ILogger logger, string silo);

    [LoggerMessage(Level = LogLevel.Debug, Message = "the membership table could not be read: {Reason}")]
    private static partial void LogNotRead(ILogger logger, string reason);
}
