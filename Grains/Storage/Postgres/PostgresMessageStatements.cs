using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>The message rows of one or more batches as a statement.</summary>
internal static class PostgresMessageStatements
{
    // The states of MessageStatus: 1 undecryptable may become 0 received; 20 failed ends whatever is before 12 server_ack; 30 deleted ends everything
    // and takes the content with it; otherwise only upwards.
    // A row without content never wipes the content there is: a late placeholder or a bare state change must not.
    private const string Put = """
        INSERT INTO message (instance_id, chat, sender, id, from_me, status, sent_at, type, content, secret, client_ref, retries, sent_to, failure, from_api, created_at, due_at, priority)
        SELECT r.* FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::boolean[], $6::integer[], $7::bigint[], $8::text[], $9::bytea[], $10::bytea[], $11::text[],
            $12::integer[], $13::text[], $14::text[], $15::boolean[], $16::bigint[], $17::bigint[], $18::integer[]) AS r
        ON CONFLICT (instance_id, chat, sender, id) DO UPDATE SET
            from_me = excluded.from_me, sent_at = excluded.sent_at, type = excluded.type,
            content = CASE WHEN excluded.status = 30 OR message.status = 30 THEN NULL ELSE COALESCE(excluded.content, message.content) END,
            secret = CASE WHEN excluded.status = 30 OR message.status = 30 THEN NULL ELSE COALESCE(excluded.secret, message.secret) END,
            client_ref = excluded.client_ref, retries = excluded.retries, sent_to = excluded.sent_to, from_api = excluded.from_api,
            failure = CASE WHEN message.status = 20 OR (excluded.status = 20 AND message.status >= 12) THEN message.failure ELSE excluded.failure END,
            status = CASE
                WHEN excluded.status = 20 AND message.status >= 12 THEN message.status
                WHEN excluded.status IN (0, 1) AND message.status IN (0, 1) AND excluded.status < message.status THEN excluded.status
                WHEN excluded.status = 1 AND message.status = 0 THEN message.status
                WHEN excluded.status > message.status THEN excluded.status
                ELSE message.status END
        """;

    public static void Add(List<PostgresStatement> statements, IReadOnlyList<SessionCommit> commits, DataSeal seal)
    {
        MessageRow[] rows = [.. commits.SelectMany(commit => commit.Batch.Device.Messages.Select(row => MessageRow.Of(commit.InstanceId, row.Key, row.Value)))];
        if (rows.Length == 0)
            return;
        statements.Add(new(Put,
        [
            Array.ConvertAll(rows, row => row.InstanceId), Array.ConvertAll(rows, row => row.Chat), Array.ConvertAll(rows, row => row.Sender), Array.ConvertAll(rows, row => row.Id),
            Array.ConvertAll(rows, row => row.Message.FromMe), Array.ConvertAll(rows, row => (int)row.Message.Status),
            Array.ConvertAll(rows, row => row.Message.Timestamp), Array.ConvertAll(rows, row => row.Message.Type),
            Array.ConvertAll(rows, row => seal.SealContent(row.InstanceId, row.Place, row.Message.Content)),
            Array.ConvertAll(rows, row => seal.SealSecret(row.InstanceId, row.Place, row.Message.Secret)),
            Array.ConvertAll(rows, row => row.Message.ClientRef), Array.ConvertAll(rows, row => row.Message.Retries),
            Array.ConvertAll(rows, row => row.Message.To?.ToString()), Array.ConvertAll(rows, row => row.Message.Failure),
            Array.ConvertAll(rows, row => row.Message.FromApi), Array.ConvertAll(rows, row => row.Message.CreatedAt),
            Array.ConvertAll(rows, row => row.Message.DueAt), Array.ConvertAll(rows, row => row.Message.Priority),
        ]));
    }

    // The seal's place is the key as the columns hold it, because that is what a reader has.
    private readonly record struct MessageRow(string InstanceId, string Chat, string Sender, string Id, StoredMessage Message)
    {
        public string Place => DataSeal.MessagePlace(Chat, Sender, Id);

        public static MessageRow Of(string instanceId, MessageKey key, StoredMessage message) =>
            new(instanceId, PostgresText.Key(key.Chat.ToString()), PostgresText.Key(key.Sender.ToString()), PostgresText.Key(key.Id), message);
    }
}
