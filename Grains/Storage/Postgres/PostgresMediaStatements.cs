using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

/// <summary>Files of messages as statements of their owner's transaction.</summary>
internal static class PostgresMediaStatements
{
    // A message told again (it could not be decrypted at first, or came twice) does not undo what is stored.
    private const string Put = """
        INSERT INTO media (instance_id, chat, sender, id, from_me, kind, mimetype, file_length, file_sha256, file_enc_sha256, sealed, own_upload,
            event_sequence, state, attempts, asks, due_at, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0, $15, $16)
        ON CONFLICT (instance_id, chat, sender, id) DO UPDATE SET
            from_me = excluded.from_me, kind = excluded.kind, mimetype = excluded.mimetype, file_length = excluded.file_length,
            file_sha256 = excluded.file_sha256, file_enc_sha256 = excluded.file_enc_sha256, sealed = excluded.sealed,
            event_sequence = excluded.event_sequence, state = excluded.state, due_at = excluded.due_at, attempts = 0, failure = NULL
        WHERE media.state <> 2
        """;
    private const string Found = """
        UPDATE media SET sealed = $5, state = 1, attempts = 0, due_at = $6, failure = NULL
        WHERE instance_id = $1 AND chat = $2 AND sender = $3 AND id = $4 AND state IN (0, 1, 3, 4)
        """;
    private const string Refused = """
        UPDATE media SET state = 4, failure = 'gone'
        WHERE instance_id = $1 AND chat = $2 AND sender = $3 AND id = $4 AND state = 3
        """;

    public static PostgresStatement Of(string instanceId, MediaRow row, DataSeal seal)
    {
        var media = row.Media;
        var (chat, sender, id) = (PostgresText.Key(media.Key.Chat.ToString()), PostgresText.Key(media.Key.Sender.ToString()), PostgresText.Key(media.Key.Id));
        var place = DataSeal.MessagePlace(chat, sender, id);
        return media.Answer switch
        {
            MediaAnswer.Found => new(Found, [instanceId, chat, sender, id, seal.SealMedia(instanceId, place, media), row.DueAt]),
            MediaAnswer.Refused => new(Refused, [instanceId, chat, sender, id]),
            _ => new(Put,
            [
                instanceId, chat, sender, id, media.FromMe, media.Kind, media.Mimetype, media.FileLength, media.FileSha256, media.FileEncSha256,
                seal.SealMedia(instanceId, place, media), media.OwnUpload, row.EventSequence, (int)row.State, row.DueAt, media.CreatedAt,
            ]),
        };
    }
}
