using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Sender keys and their marks of one batch as statements, in the order they must run.</summary>
internal static class SenderKeyStatements
{
    private const string PutKey = """
        INSERT INTO sender_key (instance_id, chat, account, server, device, sealed) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (instance_id, chat, account, server, device) DO UPDATE SET sealed = excluded.sealed
        """;
    private const string DropKey = "DELETE FROM sender_key WHERE instance_id = $1 AND chat = $2 AND account = $3 AND server = $4 AND device = $5";
    private const string DropMarks = "DELETE FROM sender_key_mark WHERE instance_id = $1 AND chat = $2";
    private const string ForgetDevice = "DELETE FROM sender_key_mark WHERE instance_id = $1 AND account = $2 AND server = $3 AND device = $4";
    private const string GiveMark = """
        INSERT INTO sender_key_mark (instance_id, chat, key_id, account, server, device) VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (instance_id, chat, key_id, account, server, device) DO NOTHING
        """;
    private const string TakeMark =
        "DELETE FROM sender_key_mark WHERE instance_id = $1 AND chat = $2 AND key_id = $3 AND account = $4 AND server = $5 AND device = $6";

    /// <summary>What a forgotten device loses.</summary>
    public static IReadOnlyList<string> Forget { get; } = ["DELETE FROM sender_key WHERE instance_id = $1", "DELETE FROM sender_key_mark WHERE instance_id = $1"];

    public static void Add(List<SqliteStatement> statements, string instanceId, DeviceBatch device, DataSeal seal)
    {
        foreach (var (name, record) in device.SenderKeys)
            statements.Add(Key(instanceId, name, record, seal));
        foreach (var group in device.DroppedSenderKeyMarks)
            statements.Add(new(DropMarks, [instanceId, group.ToString()]));
        foreach (var address in device.ForgottenSenderKeyDevices)
            statements.Add(new(ForgetDevice, [instanceId, address.User, address.Server, (long)address.Device]));
        foreach (var (mark, given) in device.SenderKeyMarks)
            statements.Add(Mark(instanceId, mark, given));
    }

    private static SqliteStatement Key(string instanceId, SenderKeyName name, byte[]? record, DataSeal seal)
    {
        var (chat, sender) = (name.Group.ToString(), name.Sender);
        return record is null
            ? new(DropKey, [instanceId, chat, sender.User, sender.Server, (long)sender.Device])
            : new(PutKey, [instanceId, chat, sender.User, sender.Server, (long)sender.Device, seal.SealSenderKey(instanceId, name, record)]);
    }

    private static SqliteStatement Mark(string instanceId, SenderKeyMark mark, bool given) => new(given ? GiveMark : TakeMark,
        [instanceId, mark.Group.ToString(), (long)mark.KeyId, mark.Device.User, mark.Device.Server, (long)mark.Device.Device]);
}
