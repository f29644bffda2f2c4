using System.Text.Json.Nodes;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Interop.Tests;

/// <summary>Votes are sealed under the poll's secret: each side opens what the other sealed. Baileys has no way to vote.</summary>
[Collection(Matrix.Name)]
public sealed class PollVoteTests(MatrixFixture matrix)
{
    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(40)).Token;

    [Theory, MemberData(nameof(Matrix.Libraries), MemberType = typeof(Matrix))]
    public async Task Vote_of_a_phone_on_a_poll_of_the_library_is_opened_by_it(ThirdPartyLibrary library)
    {
        var poll = await matrix[library].Program.SendAsync("poll", matrix.Friend.Jid.ToString(), new() { ["text"] = "Pizza?", ["options"] = new JsonArray("yes", "no", "maybe") });
        await matrix.Friend.WaitForMessageAsync(one => one.MessageId == poll, Limit);

        matrix.Friend.Send(new PhoneWriting(matrix[library].Phone.PhoneNumber, "pollVote", null, Target: poll, Options: ["no"]));

        var vote = await matrix[library].Program.WaitAsync("vote", one => one["target"] == poll);
        Assert.Equal("no", Assert.Single(vote.Fields.GetProperty("options").EnumerateArray()).GetString());
    }

    [Fact]
    public async Task Vote_of_zapo_on_a_poll_of_a_phone_is_opened_by_it()
    {
        var zapo = matrix[ThirdPartyLibrary.Zapo];
        var poll = matrix.Friend.Send(new PhoneWriting(zapo.Phone.PhoneNumber, "poll", "Pizza?", Options: ["yes", "no"]));
        await zapo.Program.WaitForMessageAsync(poll);

        var id = await zapo.Program.SendAsync("vote", matrix.Friend.Jid.ToString(), new() { ["target"] = poll, ["options"] = new JsonArray("yes") });

        var vote = await matrix.Friend.WaitForMessageAsync(one => one.MessageId == id, Limit);
        Assert.Equal((poll, "yes"), (vote.AddOn!.TargetId, Assert.Single(vote.AddOn.Chosen!)));
    }

    [Fact]
    public async Task Vote_of_zapo_on_our_poll_becomes_an_event_and_a_later_one_replaces_it()
    {
        var zapo = matrix[ThirdPartyLibrary.Zapo];
        var poll = await matrix.Ours.SendAsync("sendPoll", zapo, new { name = "Pizza?", options = new[] { "yes", "no" } });
        await zapo.Program.WaitForMessageAsync(poll);

        foreach (var option in new[] { "yes", "no" })
        {
            await zapo.Program.SendAsync("vote", matrix.Ours.Lid, new() { ["target"] = poll, ["options"] = new JsonArray(option) });
            await matrix.Ours.WaitAsync("poll.vote", data => data.GetProperty("pollMessageId").GetString() == poll
                && data.GetProperty("selectedOptions").EnumerateArray().Select(chosen => chosen.GetString()).SequenceEqual([option]));
        }
    }
}
