using System.Data.Common;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Rows;

/// <summary>Rows of <c>media</c>, in the order of <see cref="Columns"/>.</summary>
internal static class MediaRows
{
    public const string Columns = """
        chat, sender, id, from_me, kind, mimetype, file_length, file_sha256, file_enc_sha256, sealed, own_upload, created_at,
        event_sequence, state, attempts, asks, due_at, failure, object_key, content_type, stored_length, stored_at, expires_at, instance_id
        """;
    public const long MaxFound = 20;

    public static string InstanceOf(DbDataReader row) => row.GetString(23);

    public static MediaRow Read(DbDataReader row, DataSeal seal)
    {
        var place = DataSeal.MessagePlace(row.GetString(0), row.GetString(1), row.GetString(2));
        var media = new StoredMedia(new MessageKey(row.Address(0), row.Address(1), row.GetString(2)), row.GetBoolean(3), row.GetString(4))
        {
            Mimetype = row.TextOrNull(5),
            FileLength = row.GetInt64(6),
            FileSha256 = row.BytesOrNull(7),
            FileEncSha256 = row.BytesOrNull(8),
            OwnUpload = row.GetBoolean(10),
            CreatedAt = row.GetInt64(11),
        };
        return new MediaRow(seal.OpenMedia(InstanceOf(row), place, media, row.Bytes(9)), (MediaState)row.GetInt32(13))
        {
            EventSequence = row.GetInt64(12),
            Attempts = row.GetInt32(14),
            Asks = row.GetInt32(15),
            DueAt = row.GetInt64(16),
            Failure = row.TextOrNull(17),
            ObjectKey = row.TextOrNull(18),
            ContentType = row.TextOrNull(19),
            StoredLength = row.NumberOrNull(20) ?? 0,
            StoredAt = row.NumberOrNull(21) ?? 0,
            ExpiresAt = row.NumberOrNull(22),
        };
    }
}
