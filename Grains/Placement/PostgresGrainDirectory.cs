using Microsoft.Extensions.Logging;
using Npgsql;
using Orleans.GrainDirectory;
using Orleans.Runtime;
using WhatsApp.Grains.Storage;
using WhatsApp.Grains.Storage.Postgres;
using WhatsApp.Grains.Telemetry;

namespace WhatsApp.Grains.Placement;

/// <summary>
/// Where grains that hold sockets are active, in PostgreSQL (orleans-notes §4). Orleans' own directory lives in the silos and forgets a part
/// of the surviving grains whenever a silo leaves, which would cut their sockets; this one forgets none.
/// </summary>
/// <remarks>A row counts only while its silo's lease runs, so that even a crash of everything, with Redis emptied, recovers by itself.</remarks>
internal sealed class PostgresGrainDirectory : IGrainDirectory
{
    private const int MostAtOnce = 200;
    private const string LiveLease = "EXISTS (SELECT 1 FROM silo_lease l WHERE l.silo = d.silo AND l.lease_until > now())";
    // The id of an activation is used once: one that is there can only be the previous one of its own grain. In the order of the keys, so that no two silos wait for each other.
    private const string Put = $"""
        INSERT INTO grain_directory AS d (grain_id, activation_id, silo, membership_version)
        SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[]) AS r (grain_id, activation_id, silo, membership_version) ORDER BY grain_id COLLATE "C"
        ON CONFLICT (grain_id) DO UPDATE SET activation_id = excluded.activation_id, silo = excluded.silo, membership_version = excluded.membership_version
        WHERE d.activation_id = ANY ($5) OR NOT {LiveLease}
        """;
    private const string Get = "SELECT grain_id, activation_id, silo, membership_version FROM grain_directory d WHERE grain_id = ANY ($1)";
    private const string Drop = """
        DELETE FROM grain_directory WHERE grain_id IN (
            SELECT d.grain_id FROM unnest($1::text[], $2::text[]) AS r (grain_id, activation_id)
            JOIN grain_directory d ON d.grain_id = r.grain_id AND d.activation_id = r.activation_id ORDER BY d.grain_id FOR UPDATE OF d)
        """;
    private const string DropSilos = "DELETE FROM grain_directory WHERE grain_id IN (SELECT d.grain_id FROM grain_directory d WHERE d.silo = ANY ($1) ORDER BY d.grain_id FOR UPDATE)";

    private readonly NpgsqlDataSource _source;
    private readonly RepeatedErrors _errors;
    private readonly ILogger _logger;
    private readonly Gathered<(GrainAddress Address, GrainAddress? Previous), GrainAddress?> _registers;
    private readonly Gathered<GrainId, GrainAddress?> _lookups;
    private readonly Gathered<GrainAddress, bool> _unregisters;

    public PostgresGrainDirectory(NpgsqlDataSource source, RepeatedErrors errors, ILogger<PostgresGrainDirectory> logger)
    {
        (_source, _errors, _logger) = (source, errors, logger);
        _registers = new(RegisterAllAsync, MostAtOnce);
        _lookups = new(LookupAllAsync, MostAtOnce);
        _unregisters = new(UnregisterAllAsync, MostAtOnce);
    }

    public Task<GrainAddress?> Register(GrainAddress address) => Register(address, null);

    /// <summary>Takes the place when it is free, the previous activation's, or of a silo whose lease has run out. Returns who has it then.</summary>
    public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress) => _registers.AskAsync((address, previousAddress));

    public async Task Unregister(GrainAddress address)
    {
        try
        {
            await _unregisters.AskAsync(address);
        }
        catch (Exception error) when (DatabaseOutage.Find(error) is not null)
        {
            // The row stays and leads to an activation that has ended: whoever finds it there removes it. Orleans would write a stack trace for each.
            _errors.Tell(_logger, "could not be taken out of the grain directory", address.GrainId.ToString(), error);
        }
    }

    public Task<GrainAddress?> Lookup(GrainId grainId) => _lookups.AskAsync(grainId);

    public async Task UnregisterSilos(List<SiloAddress> siloAddresses)
    {
        await using var batch = _source.CreateBatch();
        batch.BatchCommands.Add(Command(DropSilos, (object)siloAddresses.ConvertAll(silo => silo.ToParsableString()).ToArray()));
        await batch.ExecuteNonQueryAsync();
    }

    private async Task<IReadOnlyList<GrainAddress?>> RegisterAllAsync(IReadOnlyList<(GrainAddress Address, GrainAddress? Previous)> asked)
    {
        var answers = new GrainAddress?[asked.Count];
        // A statement may write a row once: a second activation of the same grain comes after the first.
        for (List<int> left = [.. Enumerable.Range(0, asked.Count)], later; left.Count > 0; left = later)
        {
            var now = left.DistinctBy(i => asked[i].Address.GrainId).ToList();
            later = [.. left.Except(now)];
            var addresses = now.ConvertAll(i => asked[i].Address);
            await using var batch = _source.CreateBatch();
            batch.BatchCommands.Add(Command(Put, Texts(addresses, address => address.GrainId.ToString()), Texts(addresses, address => address.ActivationId.ToParsableString()),
                Texts(addresses, address => address.SiloAddress!.ToParsableString()), addresses.ConvertAll(address => address.MembershipVersion.Value).ToArray(),
                now.Select(i => asked[i].Previous?.ActivationId.ToParsableString()).OfType<string>().ToArray()));
            batch.BatchCommands.Add(Command(Get, (object)Texts(addresses, address => address.GrainId.ToString())));
            var found = await ReadAsync(batch);
            foreach (var i in now)
                answers[i] = found.GetValueOrDefault(asked[i].Address.GrainId);
        }
        return answers;
    }

    private async Task<IReadOnlyList<GrainAddress?>> LookupAllAsync(IReadOnlyList<GrainId> asked)
    {
        await using var batch = _source.CreateBatch();
        batch.BatchCommands.Add(Command($"{Get} AND {LiveLease}", (object)Texts([.. asked.Distinct()], id => id.ToString())));
        var found = await ReadAsync(batch);
        return [.. asked.Select(id => found.GetValueOrDefault(id))];
    }

    private async Task<IReadOnlyList<bool>> UnregisterAllAsync(IReadOnlyList<GrainAddress> asked)
    {
        List<GrainAddress> addresses = [.. asked];
        await using var batch = _source.CreateBatch();
        batch.BatchCommands.Add(Command(Drop, Texts(addresses, address => address.GrainId.ToString()), Texts(addresses, address => address.ActivationId.ToParsableString())));
        await batch.ExecuteNonQueryAsync();
        return new bool[asked.Count];
    }

    private static string[] Texts<T>(List<T> all, Converter<T, string> text) => [.. all.ConvertAll(text)];

    private static NpgsqlBatchCommand Command(string sql, params object[] values)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        return command;
    }

    private static async Task<Dictionary<GrainId, GrainAddress>> ReadAsync(NpgsqlBatch batch)
    {
        await using var reader = await batch.ExecuteReaderAsync();
        var found = new Dictionary<GrainId, GrainAddress>();
        while (await reader.ReadAsync())
        {
            var id = GrainId.Parse(reader.GetString(0));
            found[id] = new GrainAddress
            {
                GrainId = id,
                ActivationId = ActivationId.FromParsableString(reader.GetString(1)),
                SiloAddress = SiloAddress.FromParsableString(reader.GetString(2)),
                MembershipVersion = new MembershipVersion(reader.GetInt64(3)),
            };
        }
        return found;
    }
}
