using System.Data.Common;
using System.Globalization;
using System.Text;
using WhatsApp.Grains.Abstractions.Contacts;
using WhatsApp.Grains.Storage.Rows;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>Phone ↔ LID pairs by address, and in pages in order of phone number. A pair whose LID moved to another number is not shown.</summary>
internal static class PostgresLidMappings
{
    private const int MaxPage = 200;

    // By phone there is one row; of a LID that moved to another number, the newest.
    private const string Find = """
        SELECT phone, lid, source, updated_at FROM lid_mapping WHERE instance_id = $1 AND phone = ANY($2)
        UNION
        SELECT n.phone, n.lid, n.source, n.updated_at FROM unnest($3::text[]) AS k (lid) CROSS JOIN LATERAL (
            SELECT * FROM lid_mapping m WHERE m.instance_id = $1 AND m.lid = k.lid ORDER BY m.updated_at DESC, m.phone DESC LIMIT 1) n
        """;
    private const string Current = """
        FROM lid_mapping m WHERE m.instance_id = $1 AND m.phone > $2 AND NOT EXISTS (
            SELECT 1 FROM lid_mapping n WHERE n.instance_id = m.instance_id AND n.lid = m.lid
                AND (n.updated_at > m.updated_at OR (n.updated_at = m.updated_at AND n.phone > m.phone)))
        """;

    public static async ValueTask<IReadOnlyList<LidMapping>> FindAsync(PostgresDatabase database, string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken)
    {
        var asked = accounts.Select(account => account.ToAccount()).Distinct().ToLookup(account => account.IsLid, account => account.ToString());
        return await database.QueryAsync(Find, Read, cancellationToken, instanceId, asked[false].ToArray(), asked[true].ToArray());
    }

    public static async ValueTask<(IReadOnlyList<LidMapping> Rows, int Total, bool More)> ListAsync(
        PostgresDatabase database, string instanceId, LidMappingQuery query, CancellationToken cancellationToken)
    {
        var limit = Math.Clamp(query.Limit, 1, MaxPage);
        var where = new StringBuilder(Current);
        List<object?> values = [];
        foreach (var (column, value) in new[] { ("lid", query.Lid), ("phone", query.Phone) })
            if (value is not null)
            {
                values.Add(value);
                where.Append(CultureInfo.InvariantCulture, $" AND m.{column} = ${values.Count + 2}");
            }
        var after = query.Cursor is { } digits ? $"{digits}@{Jid.PhoneServer}" : "";
        var (total, rows) = await database.QueryTwoAsync(
            new($"SELECT COUNT(*)::integer {where}", [instanceId, "", .. values]), static row => row.GetInt32(0),
            new($"SELECT m.phone, m.lid, m.source, m.updated_at {where} ORDER BY m.phone LIMIT ${values.Count + 3}", [instanceId, after, .. values, (long)limit + 1]), Read,
            cancellationToken);
        var more = rows.Count > limit;
        if (more)
            rows.RemoveAt(limit);
        return (rows, total[0], more);
    }

    private static LidMapping Read(DbDataReader row) => new(row.Address(0), row.Address(1), row.GetString(2), row.GetInt64(3));
}
