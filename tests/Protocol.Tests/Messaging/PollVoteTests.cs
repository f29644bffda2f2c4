using System.Security.Cryptography;
using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;
using MessageKey = WhatsApp.Protocol.Schema.MessageKey;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class PollVoteTests
{
    private static readonly byte[] Secret = RandomNumberGenerator.GetBytes(32);
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    private sealed record Talk(RelayNetwork Network, RelayDevice Ana, RelayDevice Bob);

    private static async Task<Talk> StartAsync()
    {
        var network = new RelayNetwork();
        return new Talk(network, await network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
    }

    private static async Task<string> AskAsync(RelayDevice from, RelayDevice to, int selectable = 1)
    {
        var sent = await from.Feature.SendAsync(new OutgoingMessage(to.Account.Phone, new OutgoingPoll("Lunch?", ["Pizza", "Sushi"], selectable)), CancellationToken.None);
        await to.UntilAsync(device => device.Arrived.Any(message => message.MessageId == sent.MessageId));
        return sent.MessageId;
    }

    private static Task<SentMessage> VoteAsync(RelayDevice from, string poll, params string[] options) =>
        from.Feature.SendAsync(new OutgoingMessage(null, new OutgoingPollVote(new MessageReference(poll), options)), CancellationToken.None);

    private static IReadOnlyList<PollVoted> Votes(RelayDevice device) => [.. device.Store.Events.OfType<PollVoted>()];

    private static Message Sealed(MessageKey key, AddOnParties parties, byte[] secret, DateTimeOffset at, params string[] options) => AddOnComposer.Vote(key, parties, secret, options, at);

    [Fact]
    public async Task A_vote_in_our_poll_tells_the_choice_and_everyones()
    {
        var (_, ana, bob) = await StartAsync();
        var poll = await AskAsync(ana, bob);
        await VoteAsync(bob, poll, "Sushi");

        var told = await ana.EventAsync<PollVoted>();
        Assert.True(told.Readable);
        Assert.Equal((poll, bob.Account.Phone, bob.Account.Phone, false, "Lunch?"), (told.PollMessageId, told.Chat, told.Voter, told.FromMe, told.PollName));
        Assert.Equal((bob.Account.Phone, bob.Account.Lid), (told.VoterPhone!.Value, told.VoterLid!.Value));
        Assert.Equal(["Sushi"], told.SelectedOptions);
        Assert.Equal(["Pizza", "Sushi"], told.Results.Select(result => result.Name));
        Assert.Equal([bob.Account.Phone], told.Results[1].Voters);
        Assert.DoesNotContain(ana.Arrived, message => message.Type == "poll_vote");
    }

    [Fact]
    public async Task A_later_vote_replaces_the_earlier_one_and_an_empty_one_takes_it_back()
    {
        var (_, ana, bob) = await StartAsync();
        var poll = await AskAsync(ana, bob, selectable: 0);
        await VoteAsync(bob, poll, "Pizza", "Sushi");
        await VoteAsync(bob, poll, "Pizza");
        await VoteAsync(bob, poll);
        await ana.UntilAsync(device => Votes(device).Count == 3);

        Assert.Equal(["Pizza,Sushi", "Pizza", ""], Votes(ana).Select(vote => string.Join(',', vote.SelectedOptions)));
        Assert.Equal(["1/1", "1/0", "0/0"], Votes(ana).Select(vote => string.Join('/', vote.Results.Select(result => result.Voters.Count))));
        Assert.Empty(Assert.Single(ana.Store.PollVotes.Values).OptionHashes);
    }

    [Fact]
    public async Task Results_count_all_votes_also_after_a_restart_and_our_own()
    {
        var (network, ana, bob) = await StartAsync();
        var poll = await AskAsync(ana, bob);
        await VoteAsync(ana, poll, "Pizza");
        Assert.Equal((ana.Account.Phone, true, "api"), (Votes(ana)[0].Voter, Votes(ana)[0].FromMe, Votes(ana)[0].Source));
        await bob.EventAsync<PollVoted>();
        Assert.Equal([ana.Account.Phone], Votes(bob)[0].Results[0].Voters);
        ana.Restart();
        await ana.ConnectAsync();
        await VoteAsync(bob, poll, "Pizza");
        await ana.UntilAsync(device => Votes(device).Count == 2);
        Assert.Equal([ana.Account.Phone, bob.Account.Phone], Votes(ana)[1].Results[0].Voters);
        Assert.NotNull(network);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Votes_of_either_address_form_are_read(bool lid)
    {
        var (_, ana, bob) = await StartAsync();
        var poll = await AskAsync(ana, bob);
        var secret = ana.Store.Messages.Values.Single(row => row.Key.Id == poll).Secret!;
        var parties = lid ? new AddOnParties(poll, ana.Account.Lid, bob.Account.Lid) : new AddOnParties(poll, ana.Account.Phone, bob.Account.Phone);
        await RawSend.SendAsync(bob, ana, Sealed(new MessageKey { RemoteJid = ana.Account.Phone.ToString(), FromMe = false, Id = poll }, parties, secret, Now, "Pizza"));

        Assert.Equal(["Pizza"], (await ana.EventAsync<PollVoted>()).SelectedOptions);
    }

    [Fact]
    public async Task A_vote_for_an_unknown_poll_or_sealed_by_a_stranger_names_nothing_and_breaks_nothing()
    {
        var (network, ana, bob) = await StartAsync();
        var eve = await network.AddAccount("5511900000003", "103").AddDeviceAsync(0);
        var poll = await AskAsync(ana, bob);
        var secret = ana.Store.Messages.Values.Single(row => row.Key.Id == poll).Secret!;
        var key = new MessageKey { RemoteJid = ana.Account.Lid.ToString(), FromMe = false, Id = poll };
        await RawSend.SendAsync(bob, ana, Sealed(new MessageKey { Id = "NOSUCHPOLL" }, new AddOnParties("NOSUCHPOLL", ana.Account.Lid, bob.Account.Lid), Secret, Now, "Pizza"));
        await RawSend.SendAsync(eve, ana, Sealed(key, new AddOnParties(poll, ana.Account.Lid, eve.Account.Lid), secret, Now, "Pizza")); // she is not in this chat
        await RawSend.SendAsync(bob, ana, Sealed(key, new AddOnParties(poll, ana.Account.Lid, eve.Account.Lid), secret, Now, "Pizza")); // not his vote
        await RawSend.SendAsync(bob, ana, new Message { PollUpdateMessage = new() { PollCreationMessageKey = key, Vote = new() { EncPayload = ByteString.CopyFrom(1), EncIv = ByteString.Empty } } });
        await RawSend.SendAsync(bob, ana, Sealed(key, new AddOnParties(poll, ana.Account.Lid, bob.Account.Lid), secret, Now, "Burger"));
        await ana.UntilAsync(device => Votes(device).Count == 5);

        Assert.Equal([false, false, false, false, true], Votes(ana).Select(vote => vote.Readable));
        Assert.All(Votes(ana), vote => Assert.Empty(vote.SelectedOptions));
        Assert.Equal(["NOSUCHPOLL", poll, poll, poll, poll], Votes(ana).Select(vote => vote.PollMessageId));
        Assert.Empty(Assert.Single(ana.Store.PollVotes.Values).OptionHashes);
        Assert.Null(ana.PumpFailure);
    }

    [Fact]
    public async Task A_vote_in_the_same_backlog_as_its_poll_is_read()
    {
        var (_, ana, bob) = await StartAsync();
        ana.Disconnect();
        var poll = new Message { PollCreationMessageV3 = new() { Name = "When?", SelectableOptionsCount = 1 }, MessageContextInfo = new() { MessageSecret = ByteString.CopyFrom(Secret) } };
        poll.PollCreationMessageV3.Options.Add(new Message.Types.PollCreationMessage.Types.Option { OptionName = "Now" });
        var stanza = await RawSend.SendAsync(bob, ana, new Message { EphemeralMessage = new() { Message = poll } });
        var id = stanza["id"]!;
        await RawSend.SendAsync(bob, ana, Sealed(new MessageKey { RemoteJid = ana.Account.Lid.ToString(), FromMe = true, Id = id }, new AddOnParties(id, bob.Account.Lid, bob.Account.Lid), Secret, Now, "Now"));
        await ana.ConnectAsync();

        Assert.Equal(["Now"], (await ana.EventAsync<PollVoted>()).SelectedOptions);
    }

    [Fact]
    public async Task An_older_vote_that_comes_late_changes_no_result()
    {
        var (_, ana, bob) = await StartAsync();
        var poll = await AskAsync(ana, bob);
        var secret = ana.Store.Messages.Values.Single(row => row.Key.Id == poll).Secret!;
        var key = new MessageKey { RemoteJid = ana.Account.Lid.ToString(), FromMe = false, Id = poll };
        var parties = new AddOnParties(poll, ana.Account.Lid, bob.Account.Lid);
        await RawSend.SendAsync(bob, ana, Sealed(key, parties, secret, Now, "Pizza"));
        await RawSend.SendAsync(bob, ana, Sealed(key, parties, secret, Now.AddMinutes(-1), "Sushi"));
        await ana.UntilAsync(device => Votes(device).Count == 2);

        Assert.Equal(["1/0", "1/0"], Votes(ana).Select(vote => string.Join('/', vote.Results.Select(result => result.Voters.Count))));
    }

    [Fact]
    public async Task What_is_no_poll_or_not_one_of_its_options_cannot_be_voted_for()
    {
        var (_, ana, bob) = await StartAsync();
        var poll = await AskAsync(ana, bob);
        var text = await ana.SendAsync(bob.Account.Phone, "no poll");
        foreach (var (target, options) in new (string, string[])[] { (text.MessageId, ["Pizza"]), (poll, ["Burger"]), (poll, ["Pizza", "Sushi"]), (poll, ["Pizza", "Pizza"]) })
            Assert.Equal("validation-failed", (await Assert.ThrowsAsync<SendFailedException>(() => VoteAsync(ana, target, options))).Code);
        Assert.Equal("message-not-found", (await Assert.ThrowsAsync<SendFailedException>(() => VoteAsync(ana, "NONE", "Pizza"))).Code);
    }

    [Fact]
    public async Task A_vote_by_our_own_phone_is_ours()
    {
        var network = new RelayNetwork();
        var anas = network.AddAccount("5511900000001", "101");
        var (phone, api) = (await anas.AddDeviceAsync(0), await anas.AddDeviceAsync(1));
        var bob = await network.AddAccount("5511900000002", "102").AddDeviceAsync(0);
        var poll = await AskAsync(bob, api);
        await phone.UntilAsync(device => device.Arrived.Any(message => message.MessageId == poll));
        await VoteAsync(phone, poll, "Sushi");

        var told = await api.EventAsync<PollVoted>();
        Assert.Equal((true, "phone", anas.Phone), (told.FromMe, told.Source, told.Voter));
        Assert.Equal(["Sushi"], told.SelectedOptions);
    }
}
