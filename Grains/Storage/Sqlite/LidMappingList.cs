using System.Text;
using WhatsApp.Grains.Abstractions.Contacts;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Pages of phone ↔ LID pairs, in order of phone number. A pair whose LID moved to another number is not shown.</summary>
internal static class LidMappingList
{
    private const int MaxPage = 200;

    private const string Current = """
        FROM lid_mapping m WHERE m.instance_id = $1 AND m.phone > $2 AND NOT EXISTS (
            SELECT 1 FROM lid_mapping n WHERE n.instance_id = m.instance_id AND n.lid = m.lid
                AND (n.updated_at > m.updated_at OR (n.updated_at = m.updated_at AND n.phone > m.phone)))
        """;

    public static (IReadOnlyList<LidMapping> Rows, int Total, bool More) Read(SqliteSession session, string instanceId, LidMappingQuery query)
    {
        var limit = Math.Clamp(query.Limit, 1, MaxPage);
        var where = new StringBuilder(Current);
        List<object?> values = [instanceId, ""];
        foreach (var (column, value) in new[] { ("lid", query.Lid), ("phone", query.Phone) })
            if (value is not null)
            {
                values.Add(value);
                where.Append(System.Globalization.CultureInfo.InvariantCulture, $" AND m.{column} = ${values.Count}");
            }
        var total = session.First($"SELECT COUNT(*) {where}", static row => row.GetInt32(0), [.. values]);
        values[1] = query.Cursor is { } digits ? $"{digits}@{Jid.PhoneServer}" : "";
        values.Add((long)limit + 1);
        var rows = session.Query($"SELECT m.phone, m.lid, m.source, m.updated_at {where} ORDER BY m.phone LIMIT ${values.Count}",
            static row => new LidMapping(Jid.Parse(row.GetString(0)), Jid.Parse(row.GetString(1)), row.GetString(2), row.GetInt64(3)), [.. values]);
        var more = rows.Count > limit;
        if (more)
            rows.RemoveAt(limit);
        return (rows, total, more);
    }
}
