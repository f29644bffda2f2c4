using WhatsApp.Grains.Storage.Rows;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Reads votes, trusted-contact tokens and disappearing timers.</summary>
internal static class AddOnReads
{
    private const int HashSize = 32;

    public static IReadOnlyList<PollVote> Votes(SqliteSession session, string instanceId, MessageKey poll, DataSeal seal)
    {
        var (chat, sender) = (poll.Chat.ToString(), poll.Sender.ToString());
        var place = DataSeal.MessagePlace(chat, sender, poll.Id);
        return session.Query("SELECT voter, sealed, voted_at FROM poll_vote WHERE instance_id = $1 AND chat = $2 AND sender = $3 AND id = $4 ORDER BY voted_at, voter", row =>
        {
            var voter = row.GetString(0);
            var hashes = seal.OpenVote(instanceId, place, voter, row.Bytes(1));
            return new PollVote(new PollVoteKey(poll, row.Address(0)), [.. hashes.Chunk(HashSize)], row.GetInt64(2));
        }, instanceId, chat, sender, poll.Id);
    }

    public static PrivacyToken? Token(SqliteSession session, string instanceId, Jid account, DataSeal seal) => session.First(
        "SELECT sealed, token_at, issued_at FROM privacy_token WHERE instance_id = $1 AND account = $2", row => new PrivacyToken(account)
        {
            Token = seal.OpenPrivacyToken(instanceId, account.ToString(), row.BytesOrNull(0)),
            TokenAt = row.NumberOrNull(1),
            IssuedAt = row.NumberOrNull(2),
        }, instanceId, account.ToString());

    public static ChatTimer? Timer(SqliteSession session, string instanceId, Jid chat) => session.First(
        "SELECT seconds, set_at FROM chat_timer WHERE instance_id = $1 AND chat = $2", row => new ChatTimer(chat, row.GetInt32(0), row.GetInt64(1)), instanceId, chat.ToString());
}
