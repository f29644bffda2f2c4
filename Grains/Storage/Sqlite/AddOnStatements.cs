using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage.Sqlite;

/// <summary>Votes, trusted-contact tokens and disappearing timers of one batch as statements.</summary>
internal static class AddOnStatements
{
    private const string PutVote = """
        INSERT INTO poll_vote (instance_id, chat, sender, id, voter, sealed, voted_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT (instance_id, chat, sender, id, voter) DO UPDATE SET sealed = excluded.sealed, voted_at = excluded.voted_at
        WHERE excluded.voted_at >= poll_vote.voted_at
        """;
    private const string PutToken = """
        INSERT INTO privacy_token (instance_id, account, sealed, token_at, issued_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (instance_id, account) DO UPDATE SET sealed = excluded.sealed, token_at = excluded.token_at, issued_at = excluded.issued_at
        """;
    private const string PutTimer = """
        INSERT INTO chat_timer (instance_id, chat, seconds, set_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (instance_id, chat) DO UPDATE SET seconds = excluded.seconds, set_at = excluded.set_at
        WHERE excluded.set_at >= chat_timer.set_at
        """;

    /// <summary>What a forgotten device loses.</summary>
    public static IReadOnlyList<string> Forget { get; } = ["DELETE FROM privacy_token WHERE instance_id = $1", "DELETE FROM chat_timer WHERE instance_id = $1"];

    public static void Add(List<SqliteStatement> statements, string instanceId, DeviceBatch device, DataSeal seal)
    {
        foreach (var vote in device.PollVotes.Values)
            statements.Add(Vote(instanceId, vote, seal));
        foreach (var token in device.PrivacyTokens.Values)
        {
            var account = token.Account.ToString();
            statements.Add(new(PutToken, [instanceId, account, seal.SealPrivacyToken(instanceId, account, token.Token), token.TokenAt, token.IssuedAt]));
        }
        foreach (var timer in device.ChatTimers.Values)
            statements.Add(new(PutTimer, [instanceId, timer.Chat.ToString(), (long)timer.Seconds, timer.SetAt]));
    }

    private static SqliteStatement Vote(string instanceId, PollVote vote, DataSeal seal)
    {
        var (chat, sender, id, voter) = (vote.Key.Poll.Chat.ToString(), vote.Key.Poll.Sender.ToString(), vote.Key.Poll.Id, vote.Key.Voter.ToString());
        return new(PutVote,
            [instanceId, chat, sender, id, voter, seal.SealVote(instanceId, DataSeal.MessagePlace(chat, sender, id), voter, [.. vote.OptionHashes.SelectMany(hash => hash)]), vote.VotedAt]);
    }
}
