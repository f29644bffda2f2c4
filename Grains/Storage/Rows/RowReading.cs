using System.Data.Common;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Grains.Storage.Rows;

/// <summary>Columns that may be null, times and addresses, of either database.</summary>
internal static class RowReading
{
    public static string? TextOrNull(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
    public static byte[] Bytes(this DbDataReader row, int column) => row.GetFieldValue<byte[]>(column);
    public static byte[]? BytesOrNull(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.Bytes(column);
    public static long? NumberOrNull(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.GetInt64(column);
    /// <summary>Milliseconds since the Unix epoch.</summary>
    public static DateTimeOffset Time(this DbDataReader row, int column) => DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(column));
    public static DateTimeOffset? TimeOrNull(this DbDataReader row, int column) => row.IsDBNull(column) ? null : row.Time(column);

    /// <summary>Text that is no address gives the empty one: one odd row must not make every load of its neighbours fail.</summary>
    public static Jid Address(this DbDataReader row, int column) => Jid.TryParse(row.GetString(column), out var jid) ? jid : default;
}
