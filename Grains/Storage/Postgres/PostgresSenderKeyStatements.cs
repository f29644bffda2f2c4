using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>Sender keys and their marks of one batch as statements, in the order they must run.</summary>
internal static class PostgresSenderKeyStatements
{
    private const string PutKeys = """
        INSERT INTO sender_key (instance_id, chat, account, server, device, sealed)
        SELECT $1, r.* FROM unnest($2::text[], $3::text[], $4::text[], $5::integer[], $6::bytea[]) AS r
        ON CONFLICT (instance_id, chat, account, server, device) DO UPDATE SET sealed = excluded.sealed
        """;
    private const string DropKeys = """
        DELETE FROM sender_key t USING unnest($2::text[], $3::text[], $4::text[], $5::integer[]) AS r (chat, account, server, device)
        WHERE t.instance_id = $1 AND t.chat = r.chat AND t.account = r.account AND t.server = r.server AND t.device = r.device
        """;
    private const string DropMarks = "DELETE FROM sender_key_mark WHERE instance_id = $1 AND chat = ANY($2)";
    private const string ForgetDevices = """
        DELETE FROM sender_key_mark t USING unnest($2::text[], $3::text[], $4::integer[]) AS r (account, server, device)
        WHERE t.instance_id = $1 AND t.account = r.account AND t.server = r.server AND t.device = r.device
        """;
    private const string GiveMarks = """
        INSERT INTO sender_key_mark (instance_id, chat, key_id, account, server, device)
        SELECT $1, r.* FROM unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::integer[]) AS r
        ON CONFLICT (instance_id, chat, key_id, account, server, device) DO NOTHING
        """;
    private const string TakeMarks = """
        DELETE FROM sender_key_mark t USING unnest($2::text[], $3::bigint[], $4::text[], $5::text[], $6::integer[]) AS r (chat, key_id, account, server, device)
        WHERE t.instance_id = $1 AND t.chat = r.chat AND t.key_id = r.key_id AND t.account = r.account AND t.server = r.server AND t.device = r.device
        """;

    /// <summary>What a forgotten device loses.</summary>
    public static IReadOnlyList<string> Forget { get; } = ["DELETE FROM sender_key WHERE instance_id = $1", "DELETE FROM sender_key_mark WHERE instance_id = $1"];

    public static void Add(List<PostgresStatement> statements, string instanceId, DeviceBatch device, DataSeal seal)
    {
        SenderKeyName[] dropped = [.. device.SenderKeys.Where(row => row.Value is null).Select(row => row.Key)];
        KeyValuePair<SenderKeyName, byte[]?>[] kept = [.. device.SenderKeys.Where(row => row.Value is not null)];
        if (dropped.Length > 0)
            statements.Add(new(DropKeys, [instanceId, .. Columns(dropped)]));
        if (kept.Length > 0)
            statements.Add(new(PutKeys, [instanceId, .. Columns(Array.ConvertAll(kept, row => row.Key)), Array.ConvertAll(kept, row => seal.SealSenderKey(instanceId, row.Key, row.Value!))]));
        if (device.DroppedSenderKeyMarks.Count > 0)
            statements.Add(new(DropMarks, [instanceId, device.DroppedSenderKeyMarks.Select(group => group.ToString()).ToArray()]));
        if (device.ForgottenSenderKeyDevices.Count > 0)
            statements.Add(new(ForgetDevices, [instanceId, .. PostgresSessionStatements.Columns([.. device.ForgottenSenderKeyDevices])]));
        AddMarks(statements, TakeMarks, instanceId, [.. device.SenderKeyMarks.Where(mark => !mark.Value).Select(mark => mark.Key)]);
        AddMarks(statements, GiveMarks, instanceId, [.. device.SenderKeyMarks.Where(mark => mark.Value).Select(mark => mark.Key)]);
    }

    private static void AddMarks(List<PostgresStatement> statements, string sql, string instanceId, SenderKeyMark[] marks)
    {
        if (marks.Length > 0)
            statements.Add(new(sql,
            [
                instanceId, Array.ConvertAll(marks, mark => mark.Group.ToString()), Array.ConvertAll(marks, mark => (long)mark.KeyId),
                .. PostgresSessionStatements.Columns(Array.ConvertAll(marks, mark => mark.Device)),
            ]));
    }

    private static object[] Columns(SenderKeyName[] names) =>
        [Array.ConvertAll(names, name => name.Group.ToString()), .. PostgresSessionStatements.Columns(Array.ConvertAll(names, name => name.Sender))];
}
