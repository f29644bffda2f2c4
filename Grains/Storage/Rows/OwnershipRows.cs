using System.Data.Common;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Grains.Storage.Rows;

/// <summary>What a claim finds: the status line and the moves.</summary>
internal static class OwnershipRows
{
    /// <summary>Of <c>instance_status s</c>, for <see cref="ReadStatus"/>.</summary>
    public const string StatusColumns =
        "s.status, s.jid, s.lid, s.push_name, s.connected_at, s.last_seen_at, s.disconnect_reason, s.disconnect_code, s.disconnect_at, s.disconnect_will_reconnect";
    /// <summary>Of <c>ownership_move m</c>, for <see cref="ReadMove"/>.</summary>
    public const string MoveColumns = "m.epoch, m.from_node, m.to_node, m.reason, m.moved_at, m.down_since";
    /// <summary>For <see cref="ReadNewest"/>; $1 is how many.</summary>
    public const string NewestMoves =
        $"SELECT m.instance_id, {MoveColumns}, m.downtime_ms FROM ownership_move m ORDER BY m.moved_at DESC, m.instance_id, m.epoch DESC LIMIT $1";
    /// <summary>Milliseconds.</summary>
    public const long KeepMovesFor = 30L * 24 * 60 * 60 * 1000;

    /// <summary>A status line, from its first column on.</summary>
    public static StatusLine ReadStatus(DbDataReader row, int column) => new(
        row.GetString(column), row.TextOrNull(column + 1), row.TextOrNull(column + 2), row.TextOrNull(column + 3), row.TimeOrNull(column + 4), row.TimeOrNull(column + 5),
        ReadDisconnect(row, column + 6));

    /// <summary>Reason, code, time and whether it reconnects, from the first of them on; null when there was none.</summary>
    public static DisconnectReport? ReadDisconnect(DbDataReader row, int column) => row.TextOrNull(column) is { } reason
        ? new DisconnectReport(reason, row.GetInt32(column + 1), row.Time(column + 2), row.GetBoolean(column + 3))
        : null;

    /// <summary>A move, from its first column on, or null when there is none in this row.</summary>
    public static OwnershipMove? ReadMove(DbDataReader row, string instanceId, int column) => row.IsDBNull(column) ? null : new OwnershipMove(
        instanceId, row.GetInt64(column), row.GetString(column + 1), row.GetString(column + 2), row.GetString(column + 3), row.Time(column + 4), row.TimeOrNull(column + 5));

    public static OwnershipMove ReadNewest(DbDataReader row) =>
        ReadMove(row, row.GetString(0), 1)! with { Downtime = row.NumberOrNull(7) is { } ms ? TimeSpan.FromMilliseconds(ms) : null };
}
