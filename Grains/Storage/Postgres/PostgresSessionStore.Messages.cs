using WhatsApp.Grains.Storage.Rows;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

// Messages.
internal sealed partial class PostgresSessionStore
{
    public async ValueTask<IReadOnlyDictionary<MessageKey, StoredMessage>> LoadMessagesAsync(string instanceId, IReadOnlyCollection<MessageKey> keys, CancellationToken cancellationToken)
    {
        if (keys.Count == 0)
            return new Dictionary<MessageKey, StoredMessage>();
        MessageKey[] asked = [.. keys.Distinct()];
        var rows = await database.QueryAsync($"""
            SELECT {MessageRows.Columns}, k.place FROM unnest($2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS k (chat, sender, id, place)
            JOIN message m ON m.instance_id = $1 AND m.chat = k.chat AND m.sender = k.sender AND m.id = k.id
            """, row => KeyValuePair.Create(asked[row.GetInt64(MessageRows.Count) - 1], MessageRows.Read(row, instanceId, seal)), cancellationToken,
            instanceId, Array.ConvertAll(asked, key => PostgresText.Key(key.Chat.ToString())), Array.ConvertAll(asked, key => PostgresText.Key(key.Sender.ToString())),
            Array.ConvertAll(asked, key => PostgresText.Key(key.Id)));
        return new Dictionary<MessageKey, StoredMessage>(rows);
    }

    public ValueTask<IReadOnlyList<StoredMessage>> LoadOutgoingAsync(string instanceId, IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) =>
        MessagesAsync(instanceId, "m.id = ANY($2) AND m.from_me", cancellationToken, [Ids(messageIds)]);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadReceivedAsync(string instanceId, IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) =>
        MessagesAsync(instanceId, "m.id = ANY($2) AND NOT m.from_me", cancellationToken, [Ids(messageIds)]);

    public async ValueTask<IReadOnlyList<StoredMessage>> LoadUnreadAsync(string instanceId, IReadOnlyCollection<Jid> chats, int newest, CancellationToken cancellationToken) =>
        await database.QueryAsync($"""
            SELECT {MessageRows.Columns} FROM unnest($2::text[]) AS k (chat) CROSS JOIN LATERAL (
                SELECT * FROM message n WHERE n.instance_id = $1 AND n.chat = k.chat ORDER BY n.sent_at DESC LIMIT $3) m
            WHERE {MessageRows.IsUnread}
            ORDER BY m.sent_at, m.created_at
            """, row => MessageRows.Read(row, instanceId, seal), cancellationToken,
            instanceId, chats.Select(chat => PostgresText.Key(chat.ToString())).Distinct().ToArray(), (long)newest);

    public ValueTask<IReadOnlyList<StoredMessage>> FindMessagesAsync(string instanceId, string messageId, CancellationToken cancellationToken) =>
        MessagesAsync(instanceId, "m.id = $2 ORDER BY m.created_at DESC LIMIT 20", cancellationToken, PostgresText.Key(messageId));

    public ValueTask<IReadOnlyList<StoredMessage>> LoadPendingAsync(string instanceId, long dueBy, int limit, CancellationToken cancellationToken) =>
        MessagesAsync(instanceId, "m.from_me AND m.status IN (10, 11) AND m.due_at <= $2 ORDER BY m.priority, GREATEST(m.due_at, m.created_at), m.id LIMIT $3",
            cancellationToken, dueBy, (long)limit);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadDueAsync(string instanceId, long after, long until, int limit, CancellationToken cancellationToken) =>
        MessagesAsync(instanceId, "m.from_me AND m.status = 10 AND m.due_at > $2 AND m.due_at <= $3 ORDER BY m.due_at, m.priority, m.created_at, m.id LIMIT $4",
            cancellationToken, after, until, (long)limit);

    public ValueTask<(int Ahead, int Total)> CountQueuedAsync(string instanceId, long dueAt, int priority, CancellationToken cancellationToken) =>
        database.FirstAsync("""
            SELECT COUNT(*) FILTER (WHERE due_at < $2 OR (due_at = $2 AND priority <= $3)), COUNT(*)
            FROM message WHERE instance_id = $1 AND from_me AND status = 10
            """, static row => ((int)row.GetInt64(0), (int)row.GetInt64(1)), cancellationToken, instanceId, dueAt, priority);

    public ValueTask<IReadOnlyList<StoredMessage>> ListQueuedAsync(string instanceId, (long CreatedAt, string Id) after, int limit, CancellationToken cancellationToken) =>
        MessagesAsync(instanceId, "m.from_me AND m.status = 10 AND (m.created_at, m.id) > ($2, $3) ORDER BY m.created_at, m.id LIMIT $4",
            cancellationToken, after.CreatedAt, PostgresText.Key(after.Id), (long)limit);

    private async ValueTask<IReadOnlyList<StoredMessage>> MessagesAsync(string instanceId, string rest, CancellationToken cancellationToken, params object[] values) =>
        await database.QueryAsync($"SELECT {MessageRows.Columns} FROM message m WHERE m.instance_id = $1 AND {rest}", row => MessageRows.Read(row, instanceId, seal), cancellationToken, [instanceId, .. values]);

    private static string[] Ids(IReadOnlyCollection<string> messageIds) => [.. messageIds.Select(PostgresText.Key).Distinct()];
}
