using WhatsApp.Grains.Storage.Rows;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Postgres;

// Votes, trusted-contact tokens and disappearing timers.
internal sealed partial class PostgresSessionStore
{
    private const int VoteHashSize = 32;

    public async ValueTask<IReadOnlyList<PollVote>> LoadPollVotesAsync(string instanceId, MessageKey poll, CancellationToken cancellationToken)
    {
        var (chat, sender, id) = (PostgresText.Key(poll.Chat.ToString()), PostgresText.Key(poll.Sender.ToString()), PostgresText.Key(poll.Id));
        var place = DataSeal.MessagePlace(chat, sender, id);
        return await database.QueryAsync("SELECT voter, sealed, voted_at FROM poll_vote WHERE instance_id = $1 AND chat = $2 AND sender = $3 AND id = $4 ORDER BY voted_at, voter", row =>
        {
            var voter = row.GetString(0);
            var hashes = seal.OpenVote(instanceId, place, voter, row.Bytes(1));
            return new PollVote(new PollVoteKey(poll, row.Address(0)), [.. hashes.Chunk(VoteHashSize)], row.GetInt64(2));
        }, cancellationToken, instanceId, chat, sender, id);
    }

    public ValueTask<IReadOnlyDictionary<Jid, PrivacyToken>> LoadPrivacyTokensAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        FindAsync("""
            SELECT k.place, t.sealed, t.token_at, t.issued_at FROM unnest($2::text[]) WITH ORDINALITY AS k (account, place)
            JOIN privacy_token t ON t.instance_id = $1 AND t.account = k.account
            """, accounts, (account, row) => new PrivacyToken(account)
        {
            Token = seal.OpenPrivacyToken(instanceId, account.ToString(), row.BytesOrNull(1)),
            TokenAt = row.NumberOrNull(2),
            IssuedAt = row.NumberOrNull(3),
        }, asked => [instanceId, Array.ConvertAll(asked, account => account.ToString())], cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, ChatTimer>> LoadChatTimersAsync(string instanceId, IReadOnlyCollection<Jid> chats, CancellationToken cancellationToken) =>
        FindAsync("""
            SELECT k.place, t.seconds, t.set_at FROM unnest($2::text[]) WITH ORDINALITY AS k (chat, place)
            JOIN chat_timer t ON t.instance_id = $1 AND t.chat = k.chat
            """, chats, static (chat, row) => new ChatTimer(chat, row.GetInt32(1), row.GetInt64(2)),
            asked => [instanceId, Array.ConvertAll(asked, chat => chat.ToString())], cancellationToken);
}
