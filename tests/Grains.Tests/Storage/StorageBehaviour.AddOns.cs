using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Storage;

public abstract partial class StorageBehaviour
{
    private static MessageKey Poll => new(Phone, Lid, "P1");
    private static readonly Jid Voter = new("888", Jid.LidServer);

    private static PollVote Vote(long at, Jid? voter = null, params byte[] options) =>
        new(new PollVoteKey(Poll, voter ?? Voter), [.. options.Select(option => Enumerable.Repeat(option, 32).ToArray())], at);

    private static void Put(DeviceBatch device, PollVote vote) => device.PollVotes[vote.Key] = vote;

    [Fact]
    public async Task Votes_of_a_poll_come_back_the_newest_of_each_voter()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device => { Put(device, Vote(10, null, 1, 2)); Put(device, Vote(11, Lid, 3)); }), None);
        await Sessions.CommitAsync(Ana, epoch, Batch(device => Put(device, Vote(20, null, 2))), None);
        await Sessions.CommitAsync(Ana, epoch, Batch(device => Put(device, Vote(15, null, 1))), None); // late: an older vote
        await Sessions.CommitAsync(Ana, epoch, Batch(device => Put(device, Vote(30, Lid))), None); // taken back
        await RestartAsync();

        var votes = (await Sessions.LoadPollVotesAsync(Ana, Poll, None)).ToDictionary(vote => vote.Key.Voter);

        Assert.Equal((byte)2, Assert.Single(votes[Voter].OptionHashes)[0]);
        Assert.Equal((20, 30), (votes[Voter].VotedAt, votes[Lid].VotedAt));
        Assert.Empty(votes[Lid].OptionHashes);
        Assert.Empty(await Sessions.LoadPollVotesAsync(Ana, Poll with { Id = "other" }, None));
    }

    [Fact]
    public async Task Privacy_tokens_come_back_as_they_were_and_go_with_the_device()
    {
        var epoch = await CreateAndClaimAsync();
        var whole = new PrivacyToken(Lid) { Token = [1, 2, 3], TokenAt = 1763825399, IssuedAt = 1763825400 };
        await Sessions.CommitAsync(Ana, epoch, Batch(device => { device.PrivacyTokens[Lid] = whole with { Token = [9] }; device.PrivacyTokens[Voter] = new PrivacyToken(Voter) { IssuedAt = 7 }; }), None);
        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.PrivacyTokens[Lid] = whole), None);
        await RestartAsync();

        var tokens = await Sessions.LoadPrivacyTokensAsync(Ana, [Lid, Voter, Phone], None);

        Assert.Equal([1, 2, 3], tokens[Lid].Token);
        Assert.Equal(whole with { Token = null }, tokens[Lid] with { Token = null });
        Assert.Equal(new PrivacyToken(Voter) { IssuedAt = 7 }, tokens[Voter]);
        Assert.Equal(2, tokens.Count);
        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.ForgetDevice = true), None);
        Assert.Empty(await Sessions.LoadPrivacyTokensAsync(Ana, [Lid, Voter], None));
    }

    [Fact]
    public async Task Of_two_timers_of_a_chat_the_newer_holds()
    {
        var epoch = await CreateAndClaimAsync();
        foreach (var timer in new[] { new ChatTimer(Lid, 86400, 20), new ChatTimer(Lid, 604800, 10), new ChatTimer(Voter, 86400, 5), new ChatTimer(Voter, 0, 6) })
            await Sessions.CommitAsync(Ana, epoch, Batch(device => device.ChatTimers[timer.Chat] = timer), None);

        var timers = await Sessions.LoadChatTimersAsync(Ana, [Lid, Voter, Phone], None);

        Assert.Equal([new ChatTimer(Lid, 86400, 20), new ChatTimer(Voter, 0, 6)], timers.Values.OrderByDescending(timer => timer.SetAt));
        await Sessions.CommitAsync(Ana, epoch, Batch(device => device.ForgetDevice = true), None);
        Assert.Empty(await Sessions.LoadChatTimersAsync(Ana, [Lid], None));
    }

    [Fact]
    public async Task A_deleted_message_loses_its_content_for_good()
    {
        var stored = await StateAfterAsync(Message("A1", MessageStatus.Read) with { Secret = [1] }, Message("A1", MessageStatus.Deleted), Message("A1", MessageStatus.Played));

        Assert.Equal(MessageStatus.Deleted, stored.Status);
        Assert.Null(stored.Content);
        Assert.Null(stored.Secret);
    }

    [Fact]
    public async Task Purging_an_instance_takes_its_votes()
    {
        var epoch = await CreateAndClaimAsync();
        await Sessions.CommitAsync(Ana, epoch, Batch(device => Put(device, Vote(10, null, 1))), None);
        Assert.True(await Instances.DeleteAsync(Ana, purge: true, None));
        await CreateAndClaimAsync();
        Assert.Empty(await Sessions.LoadPollVotesAsync(Ana, Poll, None));
    }
}
