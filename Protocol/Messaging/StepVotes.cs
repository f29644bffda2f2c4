using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Votes as one step sees them: the batch first, then what was loaded.</summary>
internal sealed class StepVotes(DeviceBatch batch, IDeviceStore store)
{
    private readonly Dictionary<MessageKey, IReadOnlyList<PollVote>> _loaded = [];

    /// <summary>Loads the votes of a poll, once.</summary>
    public async ValueTask LoadAsync(MessageKey poll, CancellationToken cancellationToken)
    {
        if (!_loaded.ContainsKey(poll))
            _loaded[poll] = await store.LoadPollVotesAsync(poll, cancellationToken);
    }

    /// <summary>Takes a vote, unless this voter's newer one is known.</summary>
    public void Put(PollVote vote)
    {
        if (Of(vote.Key.Poll).All(known => known.Key != vote.Key || known.VotedAt <= vote.VotedAt))
            batch.PollVotes[vote.Key] = vote;
    }

    /// <summary>Every vote of a poll.</summary>
    public IEnumerable<PollVote> Of(MessageKey poll) =>
        batch.PollVotes.Values.Where(vote => vote.Key.Poll == poll).Concat(_loaded.GetValueOrDefault(poll, []).Where(vote => !batch.PollVotes.ContainsKey(vote.Key)));
}
