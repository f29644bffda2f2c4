using System.Globalization;
using Npgsql;
using WhatsApp.Grains.Abstractions.Contacts;
using WhatsApp.Grains.Storage.Rows;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>Session data on PostgreSQL. A commit is one round trip whose first statement checks the epoch; a load is one query.</summary>
internal sealed partial class PostgresSessionStore(PostgresDatabase database, DataSeal seal, TimeProvider time) : ISessionStore
{
    private const string AskedAddresses = "unnest($2::text[], $3::text[], $4::integer[]) WITH ORDINALITY AS k (account, server, device, place)";
    private const string SameAddress = "t.instance_id = $1 AND t.account = k.account AND t.server = k.server AND t.device = k.device";

    public async ValueTask<Ownership> ClaimAsync(string instanceId, string owner, CancellationToken cancellationToken)
    {
        var rows = await database.WriteAndQueryAsync(PostgresOwnership.Claim(instanceId, owner, time.GetUtcNow().ToUnixTimeMilliseconds()),
            row => PostgresOwnership.ReadRow(row, instanceId, seal), cancellationToken);
        return PostgresOwnership.Read(rows) ?? throw new InstanceGoneException(instanceId);
    }

    public async ValueTask ReleaseAsync(string instanceId, long epoch, string reason, CancellationToken cancellationToken) =>
        await database.WriteAsync([PostgresOwnership.Release(instanceId, epoch, reason, time.GetUtcNow().ToUnixTimeMilliseconds())], cancellationToken);

    public async ValueTask<DeviceCredentials?> LoadCredentialsAsync(string instanceId, CancellationToken cancellationToken) =>
        await database.FirstAsync("SELECT sealed FROM credentials WHERE instance_id = $1", static row => row.Bytes(0), cancellationToken, instanceId) is { } found
            ? seal.OpenCredentials(instanceId, found) : null;

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsAsync(string instanceId, IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken) =>
        FindAsync($"SELECT k.place, t.sealed FROM {AskedAddresses} JOIN signal_session t ON {SameAddress}",
            addresses, (address, row) => seal.OpenSession(instanceId, address, row.Bytes(1)), asked => [instanceId, .. PostgresSessionStatements.Columns(asked)], cancellationToken);

    public async ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsOfAsync(string instanceId, Jid account, CancellationToken cancellationToken)
    {
        var address = SignalAddress.Of(account);
        var rows = await database.QueryAsync("SELECT device, sealed FROM signal_session WHERE instance_id = $1 AND account = $2 AND server = $3",
            row => (Address: address with { Device = row.GetInt32(0) }, Sealed: row.Bytes(1)), cancellationToken, instanceId, address.User, address.Server);
        return rows.ToDictionary(row => row.Address, row => seal.OpenSession(instanceId, row.Address, row.Sealed));
    }

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadIdentitiesAsync(string instanceId, IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken) =>
        FindAsync($"SELECT k.place, t.public_key FROM {AskedAddresses} JOIN signal_identity t ON {SameAddress}",
            addresses, static (_, row) => row.Bytes(1), asked => [instanceId, .. PostgresSessionStatements.Columns(asked)], cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSenderKeysAsync(string instanceId, Jid group, IReadOnlyCollection<SignalAddress> senders, CancellationToken cancellationToken) =>
        FindAsync($"SELECT k.place, t.sealed FROM {AskedAddresses} JOIN sender_key t ON {SameAddress} AND t.chat = $5",
            senders, (sender, row) => seal.OpenSenderKey(instanceId, new SenderKeyName(group, sender), row.Bytes(1)),
            asked => [instanceId, .. PostgresSessionStatements.Columns(asked), group.ToString()], cancellationToken);

    public async ValueTask<IReadOnlyDictionary<SenderKeyName, byte[]>> LoadSenderKeysOfAsync(string instanceId, Jid account, CancellationToken cancellationToken)
    {
        var address = SignalAddress.Of(account);
        var rows = await database.QueryAsync("SELECT chat, device, sealed FROM sender_key WHERE instance_id = $1 AND account = $2 AND server = $3",
            row => (Name: new SenderKeyName(row.Address(0), address with { Device = row.GetInt32(1) }), Sealed: row.Bytes(2)),
            cancellationToken, instanceId, address.User, address.Server);
        return rows.ToDictionary(row => row.Name, row => seal.OpenSenderKey(instanceId, row.Name, row.Sealed));
    }

    public async ValueTask<IReadOnlySet<SignalAddress>> LoadSenderKeyMarksAsync(string instanceId, Jid group, uint keyId, CancellationToken cancellationToken) =>
        (await database.QueryAsync("SELECT account, server, device FROM sender_key_mark WHERE instance_id = $1 AND chat = $2 AND key_id = $3",
            static row => new SignalAddress(row.GetString(0), row.GetString(1), row.GetInt32(2)), cancellationToken, instanceId, group.ToString(), (long)keyId)).ToHashSet();

    public async ValueTask<IReadOnlyDictionary<uint, PreKey>> LoadPreKeysAsync(string instanceId, IReadOnlyCollection<uint> ids, CancellationToken cancellationToken) =>
        (await database.QueryAsync("SELECT key_id, sealed FROM pre_key WHERE instance_id = $1 AND key_id = ANY($2)",
            row => seal.OpenPreKey(instanceId, (uint)row.GetInt64(0), row.Bytes(1)), cancellationToken, instanceId, ids.Select(id => (long)id).ToArray()))
        .ToDictionary(key => key.Id);

    public async ValueTask<IReadOnlyList<PreKey>> LoadUnuploadedPreKeysAsync(string instanceId, CancellationToken cancellationToken) =>
        await database.QueryAsync("SELECT key_id, sealed FROM pre_key WHERE instance_id = $1 AND NOT uploaded ORDER BY key_id",
            row => seal.OpenPreKey(instanceId, (uint)row.GetInt64(0), row.Bytes(1)), cancellationToken, instanceId);

    public ValueTask<IReadOnlyList<LidMapping>> LoadLidMappingsAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        PostgresLidMappings.FindAsync(database, instanceId, accounts, cancellationToken);

    public ValueTask<(IReadOnlyList<LidMapping> Rows, int Total, bool More)> ListLidMappingsAsync(string instanceId, LidMappingQuery query, CancellationToken cancellationToken) =>
        PostgresLidMappings.ListAsync(database, instanceId, query, cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, DeviceListEntry>> LoadDeviceListsAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        FindAsync("""
            SELECT k.place, t.devices, t.fetched_at FROM unnest($2::text[]) WITH ORDINALITY AS k (account, place)
            JOIN device_list t ON t.instance_id = $1 AND t.account = k.account
            """, accounts, static (_, row) => ReadDeviceList(row), asked => [instanceId, Array.ConvertAll(asked, account => account.ToString())], cancellationToken);

    /// <summary>One query for all keys, each found row with the place of its key; those not found are absent.</summary>
    private async ValueTask<IReadOnlyDictionary<TKey, TValue>> FindAsync<TKey, TValue>(
        string sql, IReadOnlyCollection<TKey> keys, Func<TKey, NpgsqlDataReader, TValue> read, Func<TKey[], object?[]> values, CancellationToken cancellationToken)
        where TKey : notnull
    {
        if (keys.Count == 0)
            return new Dictionary<TKey, TValue>();
        TKey[] asked = [.. keys.Distinct()];
        var rows = await database.QueryAsync(sql, row =>
        {
            var key = asked[row.GetInt64(0) - 1];
            return KeyValuePair.Create(key, read(key, row));
        }, cancellationToken, values(asked));
        return new Dictionary<TKey, TValue>(rows);
    }

    private static DeviceListEntry ReadDeviceList(NpgsqlDataReader row) => new(
        [.. row.GetString(1).Split(',', StringSplitOptions.RemoveEmptyEntries).Select(device => int.Parse(device, NumberStyles.None, CultureInfo.InvariantCulture))],
        row.GetInt64(2));
}
