using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.GrainDirectory;
using Orleans.Runtime;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Grains.Telemetry;

namespace WhatsApp.Grains.Placement;

/// <summary>
/// Where grains that hold sockets are active, in PostgreSQL (orleans-notes §4). Orleans' own directory lives in the silos and forgets a part
/// of the surviving grains whenever a silo leaves, which would cut their sockets; this one forgets none.
/// </summary>
/// <remarks>A row counts only while its silo's lease runs, so that even a crash of everything, with Redis emptied, recovers by itself.</remarks>
internal sealed class PostgresGrainDirectory(NpgsqlDataSource source, RepeatedErrors errors, ILogger<PostgresGrainDirectory> logger) : IGrainDirectory
{
    private const string LiveLease = "EXISTS (SELECT 1 FROM silo_lease l WHERE l.silo = d.silo AND l.lease_until > now())";
    private const string Put = $"""
        INSERT INTO grain_directory AS d (grain_id, activation_id, silo, membership_version) VALUES ($1, $2, $3, $4)
        ON CONFLICT (grain_id) DO UPDATE SET activation_id = excluded.activation_id, silo = excluded.silo, membership_version = excluded.membership_version
        WHERE d.activation_id = $5 OR NOT {LiveLease}
        """;
    private const string Get = "SELECT grain_id, activation_id, silo, membership_version FROM grain_directory d WHERE grain_id = $1";

    public Task<GrainAddress?> Register(GrainAddress address) => Register(address, null);

    /// <summary>Takes the place when it is free, the previous activation's, or of a silo whose lease has run out. Returns who has it then.</summary>
    public async Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(Command(Put, address.GrainId.ToString(), address.ActivationId.ToParsableString(), address.SiloAddress!.ToParsableString(), address.MembershipVersion.Value,
            previousAddress?.ActivationId.ToParsableString() ?? ""));
        batch.BatchCommands.Add(Command(Get, address.GrainId.ToString()));
        return await ReadAsync(batch);
    }

    public async Task Unregister(GrainAddress address)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(Command("DELETE FROM grain_directory WHERE grain_id = $1 AND activation_id = $2", address.GrainId.ToString(), address.ActivationId.ToParsableString()));
        try
        {
            await batch.ExecuteNonQueryAsync();
        }
        catch (Exception error) when (DatabaseOutage.Find(error) is not null)
        {
            // The row stays and leads to an activation that has ended: whoever finds it there removes it. Orleans would write a stack trace for each.
            errors.Tell(logger, "could not be taken out of the grain directory", address.GrainId.ToString(), error);
        }
    }

    public async Task<GrainAddress?> Lookup(GrainId grainId)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(Command($"{Get} AND {LiveLease}", grainId.ToString()));
        return await ReadAsync(batch);
    }

    public async Task UnregisterSilos(List<SiloAddress> siloAddresses)
    {
        await using var batch = source.CreateBatch();
        batch.BatchCommands.Add(Command("DELETE FROM grain_directory WHERE silo = ANY($1)", (object)siloAddresses.ConvertAll(silo => silo.ToParsableString()).ToArray()));
        await batch.ExecuteNonQueryAsync();
    }

    private static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    private static async Task<GrainAddress?> ReadAsync(NpgsqlBatch batch)
    {
        await using var reader = await batch.ExecuteReaderAsync();
        return await reader.ReadAsync()
            ? new GrainAddress
            {
                GrainId = GrainId.Parse(reader.GetString(0)),
                ActivationId = ActivationId.FromParsableString(reader.GetString(1)),
                SiloAddress = SiloAddress.FromParsableString(reader.GetString(2)),
                MembershipVersion = new MembershipVersion(reader.GetInt64(3)),
            }
            : null;
    }
}
