using Google.Protobuf;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>What a vote changes: the voter's choice is kept, and the poll's results are told.</summary>
internal static class PollVotes
{
    /// <summary>Keeps the vote and gives its event. A vote for a poll we do not have, or that does not open, names nothing.</summary>
    public static PollVoted Take(StepView view, MessageInfo info, ContentSource source, MessageContent content)
    {
        var opened = content.AddOn!;
        var told = new PollVoted(opened.Target.Id, info.MessageId, info.Chat, info.From, info.Timestamp)
        {
            FromMe = info.FromMe,
            VoterPhone = info.FromPhone,
            VoterLid = info.FromLid,
            Source = info.Source,
            ClientRef = info.ClientRef,
        };
        if (opened is not { Parent: { Content: { } stored } row, Content: PollVoteContent vote } || PollOf(stored) is not { } poll)
            return told;
        var at = content.Body?.PollUpdateMessage is { SenderTimestampMs: > 0 } update ? update.SenderTimestampMs : info.Timestamp * 1000;
        view.Votes.Put(new PollVote(new PollVoteKey(row.Key, view.Lids.Canonical(source.Author)), Known(poll, vote.OptionHashes), at));
        return told with
        {
            Readable = true,
            PollName = poll.Name,
            SelectedOptions = PollOptions.Chosen(poll.Options.Select(option => option.OptionName), vote.OptionHashes),
            Results = Results(view, row.Key, poll),
        };
    }

    /// <summary>The poll in an encoded message, or null.</summary>
    public static Message.Types.PollCreationMessage? PollOf(byte[] content) => MessageReader.PollOf(MessageWrappers.Unwrap(Message.Parser.ParseFrom(content)).Content);

    /// <summary>The same message with one more option, or null when it has that one or is no poll.</summary>
    public static byte[]? WithOption(byte[] content, string option)
    {
        var message = Message.Parser.ParseFrom(content);
        var poll = MessageReader.PollOf(MessageWrappers.Unwrap(message).Content);
        if (poll is null || poll.Options.Count >= MaxOptions || poll.Options.Any(known => known.OptionName == option))
            return null;
        poll.Options.Add(new Message.Types.PollCreationMessage.Types.Option { OptionName = option });
        return message.ToByteArray();
    }

    // One vote for each person, the newest: an account may have voted under both its addresses.
    private static List<PollResult> Results(StepView view, Store.MessageKey key, Message.Types.PollCreationMessage poll)
    {
        var votes = view.Votes.Of(key).GroupBy(vote => view.Lids.Canonical(vote.Key.Voter)).Select(votes => votes.MaxBy(vote => vote.VotedAt)!).OrderBy(vote => vote.VotedAt).ToList();
        return [.. poll.Options.Take(MaxOptions).Select(option => option.OptionName).Distinct(StringComparer.Ordinal).Select(option =>
        {
            var hash = PollOptions.HashOf(option);
            return new PollResult(option, [.. votes.Where(vote => vote.OptionHashes.Any(chosen => chosen.AsSpan().SequenceEqual(hash))).Select(vote => view.Lids.Display(vote.Key.Voter))]);
        })];
    }

    // What is kept is bounded by the poll, whatever a hostile voter sends.
    private static List<byte[]> Known(Message.Types.PollCreationMessage poll, IReadOnlyList<byte[]> hashes) =>
        [.. poll.Options.Take(MaxOptions).Select(option => PollOptions.HashOf(option.OptionName)).Where(hash => hashes.Any(chosen => chosen.AsSpan().SequenceEqual(hash)))];

    private const int MaxOptions = 256;
}
