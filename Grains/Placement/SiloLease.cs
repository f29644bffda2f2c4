using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.Runtime;
using WhatsApp.Grains.Telemetry;

namespace WhatsApp.Grains.Placement;

/// <summary>
/// Says in PostgreSQL that this silo lives: 15 s at a time, renewed every 3 s, on the database's clock. Registered before Orleans, so that
/// the lease is there before the first grain and ends after the last.
/// </summary>
internal sealed class SiloLease(NpgsqlDataSource source, ILocalSiloDetails silo, OwnLease lease, RepeatedErrors errors, TimeProvider time, ILogger<SiloLease> logger) : BackgroundService
{
    private static readonly TimeSpan Renewal = TimeSpan.FromSeconds(3);
    // After one that failed: everything waits for it.
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);
    // A renewal that hangs (a cut network) makes room for the next.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private const string Renew = """
        INSERT INTO silo_lease (silo, lease_until) VALUES ($1, now() + interval '15 seconds')
        ON CONFLICT (silo) DO UPDATE SET lease_until = excluded.lease_until
        """;
    // In the order of the keys, as all that touch many rows of the directory.
    private const string Tidy = """
        DELETE FROM grain_directory WHERE grain_id IN (
            SELECT d.grain_id FROM grain_directory d
            WHERE NOT EXISTS (SELECT 1 FROM silo_lease l WHERE l.silo = d.silo AND l.lease_until > now() - interval '1 hour') ORDER BY d.grain_id FOR UPDATE OF d)
        """;

    private string Name => silo.SiloAddress.ToParsableString();

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await ExecuteAsync(Tidy, [], cancellationToken);
        await ExecuteAsync("DELETE FROM silo_lease WHERE lease_until < now() - interval '1 hour'", [], cancellationToken);
        await RenewAsync(cancellationToken);
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await ExecuteAsync("DELETE FROM silo_lease WHERE silo = $1", [Name], cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Renewal, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            try
            {
                using var patience = new CancellationTokenSource(Patience, time);
                using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stoppingToken);
                await RenewAsync(both.Token);
                timer.Period = Renewal;
            }
            catch (Exception error) when (!stoppingToken.IsCancellationRequested)
            {
                errors.Tell(logger, "the lease could not be renewed; trying again", Name, error);
                timer.Period = Retry;
            }
    }

    // It runs from when the database takes it, so at least from when it was sent.
    private async Task RenewAsync(CancellationToken cancellationToken)
    {
        var sent = lease.Now;
        await ExecuteAsync(Renew, [Name], cancellationToken).WaitAsync(cancellationToken);
        lease.Renewed(sent);
    }

    private async Task ExecuteAsync(string sql, object[] values, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
