using System.Data.Common;
using System.Globalization;
using System.Text;
using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Grains.Storage.Rows;

/// <summary>Instances as both databases list and delete them.</summary>
internal static class InstanceRows
{
    public const int MaxPage = 200;
    private const int MaxMetadataFilters = 20;

    /// <summary>For <see cref="ReadSummary"/>; followed by <see cref="From"/>.</summary>
    public const string Summary = """
        SELECT i.instance_id, i.sealed, i.created_at, s.status, s.jid, s.lid, s.push_name, s.connected_at, s.last_seen_at,
               s.disconnect_reason, s.disconnect_code, s.disconnect_at, s.disconnect_will_reconnect, l.owner,
               (SELECT CAST(COUNT(*) AS integer) FROM outbox o WHERE o.instance_id = i.instance_id)
        """;
    public const string From = """

        FROM instance i JOIN instance_status s ON s.instance_id = i.instance_id JOIN instance_lease l ON l.instance_id = i.instance_id

        """;
    /// <summary>For <see cref="ReadDefinition"/>.</summary>
    public const string Definition = "SELECT sealed, desired, created_at FROM instance WHERE instance_id = $1";
    /// <summary>The recently active first.</summary>
    public const string Desired = $"SELECT i.instance_id, l.owner {From} WHERE i.desired ORDER BY COALESCE(s.last_active_at, 0) DESC, COALESCE(s.last_seen_at, 0) DESC, i.instance_id";
    public const string ForgetOwners = "UPDATE instance_lease SET owner = NULL, owner_since = NULL, last_owner = NULL, left_at = CASE WHEN owner IS NULL THEN left_at END";

    /// <summary>What only a delete with purge takes along; the rest follows by foreign key.</summary>
    public static IReadOnlyList<string> Purge { get; } =
    [
        "DELETE FROM message WHERE instance_id = $1",
        "DELETE FROM poll_vote WHERE instance_id = $1",
        "DELETE FROM media WHERE instance_id = $1",
        "DELETE FROM outbox WHERE instance_id = $1",
        "DELETE FROM dead_letter WHERE instance_id = $1",
    ];

    /// <summary>The filters as a WHERE, and its values: the first is the cursor, here that of the start.</summary>
    public static (string Where, object?[] Values) Filter(InstanceQuery query)
    {
        var where = new StringBuilder("WHERE i.instance_id > $1");
        List<object?> values = [""];
        if (query.Status is { Length: > 0 } status)
        {
            values.Add(status);
            where.Append(CultureInfo.InvariantCulture, $" AND s.status = ${values.Count}");
        }
        if (query.Text is { Length: > 0 } text)
        {
            values.Add(InstanceSearch.Pattern(text));
            where.Append(CultureInfo.InvariantCulture, $" AND s.search_text LIKE ${values.Count} ESCAPE '\\'");
        }
        foreach (var (name, value) in query.Metadata.Take(MaxMetadataFilters))
        {
            values.Add(name);
            values.Add(value);
            where.Append(CultureInfo.InvariantCulture, $" AND EXISTS (SELECT 1 FROM instance_metadata m WHERE m.instance_id = i.instance_id AND m.name = ${values.Count - 1} AND m.value = ${values.Count})");
        }
        return (where.ToString(), [.. values]);
    }

    /// <summary>The page of rows of which one more than asked was read.</summary>
    public static InstancePage Page(List<InstanceSummary> rows, int limit, int total)
    {
        var more = rows.Count > limit;
        if (more)
            rows.RemoveAt(limit);
        return new InstancePage(rows, more ? rows[^1].InstanceId : null, total);
    }

    public static InstanceDefinition ReadDefinition(DbDataReader row, string instanceId, DataSeal seal) =>
        new(instanceId, seal.OpenDefinition(instanceId, row.Bytes(0)), row.GetBoolean(1), row.Time(2));

    public static InstanceSummary ReadSummary(DbDataReader row, DataSeal seal)
    {
        var id = row.GetString(0);
        var request = seal.OpenDefinition(id, row.Bytes(1));
        var jid = AccountOf(row.TextOrNull(4));
        return new InstanceSummary
        {
            InstanceId = id,
            Status = row.GetString(3),
            PhoneNumber = jid is { IsPhone: true } ? jid.Value.User : null,
            Jid = jid?.ToString(),
            Lid = AccountOf(row.TextOrNull(5))?.ToString(),
            PushName = row.TextOrNull(6),
            Webhooks = [.. request.Webhooks.Select(webhook => webhook with { Secret = null, HasSecret = webhook.Secret is not null })],
            Metadata = request.Metadata,
            Node = row.TextOrNull(13),
            ConnectedAt = row.TimeOrNull(7),
            LastSeenAt = row.TimeOrNull(8),
            LastDisconnect = OwnershipRows.ReadDisconnect(row, 9),
            CreatedAt = row.Time(2),
            Settings = request.Settings,
            ProxyUrl = Outbound.ProxyAddress.Shown(request.ProxyUrl),
            WebhookBacklog = row.GetInt32(14),
        };
    }

    private static Jid? AccountOf(string? text) => Jid.TryParse(text, out var jid) ? jid.ToAccount() : null;
}
