using Npgsql;

namespace WhatsApp.Clusters;

/// <summary>
/// Watches from inside the database who writes: triggers note each claim of an instance and each write of its session, with the name of the
/// connection. A write by another than the last claimer is one under an old epoch.
/// </summary>
public sealed class OwnershipAudit(string database)
{
    private const string Install = """
        CREATE TABLE audit_claim (instance_id text NOT NULL, writer text NOT NULL, epoch bigint NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE TABLE audit_write (instance_id text NOT NULL, writer text NOT NULL, at timestamptz NOT NULL DEFAULT clock_timestamp());
        CREATE INDEX audit_claim_at ON audit_claim (instance_id, at);
        CREATE FUNCTION audit_claim() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO audit_claim (instance_id, writer, epoch) VALUES (NEW.instance_id, current_setting('application_name'), NEW.epoch); RETURN NULL; END $$;
        CREATE FUNCTION audit_write() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            INSERT INTO audit_write (instance_id, writer) VALUES (NEW.instance_id, current_setting('application_name')); RETURN NULL; END $$;
        CREATE TRIGGER audit_claim AFTER UPDATE ON instance_lease FOR EACH ROW WHEN (NEW.epoch <> OLD.epoch) EXECUTE FUNCTION audit_claim();
        CREATE TRIGGER audit_session AFTER INSERT OR UPDATE ON signal_session FOR EACH ROW EXECUTE FUNCTION audit_write();
        CREATE TRIGGER audit_message AFTER INSERT OR UPDATE ON message FOR EACH ROW EXECUTE FUNCTION audit_write();
        """;
    private const string Strangers = """
        SELECT w.instance_id, w.writer, c.writer, count(*) FROM audit_write w
        CROSS JOIN LATERAL (SELECT writer FROM audit_claim c WHERE c.instance_id = w.instance_id AND c.at <= w.at ORDER BY c.at DESC LIMIT 1) c
        WHERE c.writer <> w.writer GROUP BY 1, 2, 3
        """;

    /// <summary>After the tables are there, before the first instance.</summary>
    public async Task InstallAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(Install, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Writes by a silo that was not the owner, in words.</summary>
    public async Task<IReadOnlyList<string>> StrangersAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(Strangers, connection);
        await using var reader = await command.ExecuteReaderAsync();
        List<string> found = [];
        while (await reader.ReadAsync())
            found.Add($"{reader.GetString(0)}: {reader.GetInt64(3)} writes by {reader.GetString(1)} while {reader.GetString(2)} owned it");
        return found;
    }

    /// <summary>Instances that were moved on purpose since then, to spread them evenly.</summary>
    public Task<IReadOnlyList<string>> RebalancedAsync(DateTimeOffset since) =>
        InstancesAsync("SELECT DISTINCT instance_id FROM ownership_move WHERE reason = 'rebalance' AND moved_at >= $1", since.ToUnixTimeMilliseconds());

    /// <summary>Instances that this silo has taken since then.</summary>
    /// <param name="silo">Its name in <see cref="TestCluster"/>.</param>
    /// <param name="since">When.</param>
    public Task<IReadOnlyList<string>> ClaimedByAsync(string silo, DateTimeOffset since) =>
        InstancesAsync("SELECT DISTINCT instance_id FROM audit_claim WHERE writer = $1 AND at >= $2", "silo-" + silo, since);

    /// <summary>How often instances were claimed.</summary>
    public async Task<long> ClaimsAsync()
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand("SELECT count(*) FROM audit_claim", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private async Task<IReadOnlyList<string>> InstancesAsync(string sql, params object[] values)
    {
        await using var connection = await OpenAsync();
#pragma warning disable CA2100 // constants of this class
        await using var command = new NpgsqlCommand(sql, connection);
#pragma warning restore CA2100
        foreach (var value in values)
            command.Parameters.Add(new NpgsqlParameter { Value = value });
        await using var reader = await command.ExecuteReaderAsync();
        List<string> found = [];
        while (await reader.ReadAsync())
            found.Add(reader.GetString(0));
        return found;
    }

    private async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        return connection;
    }
}
