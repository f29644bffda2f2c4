using System.Data.Common;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Rows;

/// <summary>Rows of <c>message m</c>, in the order of <see cref="Columns"/>.</summary>
internal static class MessageRows
{
    public const string Columns =
        "m.chat, m.sender, m.id, m.from_me, m.status, m.sent_at, m.type, m.content, m.secret, m.client_ref, m.retries, m.sent_to, m.failure, m.from_api, m.created_at, m.due_at, m.priority";
    /// <summary>Where the first column after them is.</summary>
    public const int Count = 17;
    /// <summary>What somebody has not read: what changes another message has nothing to read.</summary>
    public const string IsUnread =
        "NOT m.from_me AND m.status = 0 AND m.type NOT IN ('reaction', 'edited', 'revoked', 'protocol', 'poll_vote', 'poll_option_added', 'event_response', 'pin', 'keep', 'ephemeral_setting')";

    public static StoredMessage Read(DbDataReader row, string instanceId, DataSeal seal)
    {
        var place = DataSeal.MessagePlace(row.GetString(0), row.GetString(1), row.GetString(2));
        var key = new MessageKey(row.Address(0), row.Address(1), row.GetString(2));
        return new StoredMessage(key, row.GetBoolean(3), (MessageStatus)row.GetInt32(4), row.GetInt64(5), row.GetString(6))
        {
            Content = seal.OpenContent(instanceId, place, row.BytesOrNull(7)),
            Secret = seal.OpenSecret(instanceId, place, row.BytesOrNull(8)),
            ClientRef = row.TextOrNull(9),
            Retries = row.GetInt32(10),
            To = row.IsDBNull(11) ? null : row.Address(11),
            Failure = row.TextOrNull(12),
            FromApi = row.GetBoolean(13),
            CreatedAt = row.GetInt64(14),
            DueAt = row.GetInt64(15),
            Priority = row.GetInt32(16),
        };
    }
}
