using WhatsApp.Protocol.Signal;

namespace WhatsApp.Grains.Storage.Exports;

/// <summary>What a column holds, whatever the database calls it.</summary>
internal enum PortableKind
{
    Text,
    Number,
    Flag,
    Bytes,
}

/// <summary>A table with an <c>instance_id</c>, as the database describes it.</summary>
internal sealed record PortableTable(string Name, IReadOnlyList<(string Name, PortableKind Kind)> Columns);

/// <summary>
/// What belongs to an instance: every table that has an <c>instance_id</c>, with every column it has, but for the few named here. A new table goes along by itself;
/// a new column of bytes must be named here, sealed or open, or nothing is exported.
/// </summary>
internal static class PortableTables
{
    /// <summary>Instance first: the others refer to it.</summary>
    public const string First = "instance";

    /// <summary>Of the cluster, not of the instance: who owns it, and who did.</summary>
    public static readonly string[] Local = ["instance_lease", "ownership_move"];

    /// <summary>Sealed under the data key and bound to their row: opened on the way out, sealed again on the way in. The key of the place, from the row's columns.</summary>
    private static readonly Dictionary<(string Table, string Column), (string Place, Func<Func<string, string>, string> Key)> Sealed = new()
    {
        [("instance", "sealed")] = ("instance", static _ => "definition"),
        [("credentials", "sealed")] = ("credentials", static _ => "device"),
        [("signal_session", "sealed")] = ("signal_session", static row => Address(row)),
        [("sender_key", "sealed")] = ("sender_key", static row => $"{row("chat")}|{Address(row)}"),
        [("pre_key", "sealed")] = ("pre_key", static row => row("key_id")),
        [("message", "content")] = ("message.content", static row => Message(row)),
        [("message", "secret")] = ("message.secret", static row => Message(row)),
        [("media", "sealed")] = ("media", static row => Message(row)),
        [("poll_vote", "sealed")] = ("poll_vote", static row => $"{Message(row)}|{row("voter")}"),
        [("privacy_token", "sealed")] = ("privacy_token", static row => row("account")),
        [("outbox", "body")] = ("outbox", static row => $"{row("endpoint_id")}|{row("sequence")}"),
        [("dead_letter", "body")] = ("outbox", static row => $"{row("endpoint_id")}|{row("sequence")}"),
    };

    private static readonly HashSet<(string Table, string Column)> Open = [("signal_identity", "public_key"), ("media", "file_sha256"), ("media", "file_enc_sha256")];

    /// <summary>Opens what is sealed in a row, in place.</summary>
    public static void OpenRow(DataSeal seal, string instanceId, PortableTable table, object?[] row) =>
        Change(table, row, (place, key, bytes) => seal.Open(instanceId, place, key, bytes));

    /// <summary>Seals it again, under another key.</summary>
    public static void SealRow(DataSeal seal, string instanceId, PortableTable table, object?[] row) =>
        Change(table, row, (place, key, bytes) => seal.Seal(instanceId, place, key, bytes));

    /// <summary>Columns of bytes that nothing is known about.</summary>
    public static IEnumerable<string> Unknown(IEnumerable<PortableTable> tables) =>
        from table in tables
        from column in table.Columns
        where column.Kind == PortableKind.Bytes && !Sealed.ContainsKey((table.Name, column.Name)) && !Open.Contains((table.Name, column.Name))
        select $"{table.Name}.{column.Name}";

    private static void Change(PortableTable table, object?[] row, Func<string, string, byte[], byte[]> change)
    {
        for (var i = 0; i < row.Length; i++)
            if (row[i] is byte[] bytes && Sealed.TryGetValue((table.Name, table.Columns[i].Name), out var known))
                row[i] = change(known.Place, known.Key(Column), bytes);

        string Column(string name)
        {
            for (var i = 0; i < row.Length; i++)
                if (table.Columns[i].Name == name)
                    return Convert.ToString(row[i], System.Globalization.CultureInfo.InvariantCulture)!;
            throw new InvalidOperationException($"{table.Name} has no {name}");
        }
    }

    private static string Message(Func<string, string> row) => DataSeal.MessagePlace(row("chat"), row("sender"), row("id"));

    private static string Address(Func<string, string> row) =>
        new SignalAddress(row("account"), row("server"), int.Parse(row("device"), System.Globalization.CultureInfo.InvariantCulture)).ToString();
}
