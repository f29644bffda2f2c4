using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;

namespace WhatsApp.Protocol.Tests.Messaging;

/// <summary>A send that is asked for again under its id, because its answer was lost: one message, and the answer about it.</summary>
public sealed class RepeatedIdTests
{
    private const string Id = "3EB0ABCDEF0123456789AB";
    private readonly RelayNetwork _network = new();

    private async Task<(RelayDevice Ana, RelayDevice Bob)> TwoAsync() =>
        (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0));

    private static OutgoingMessage Text(Jid to) => new(to, new OutgoingText("once")) { MessageId = Id };

    [Fact]
    public async Task A_caller_who_goes_away_in_the_middle_and_asks_again_gets_the_ack_of_the_one_message()
    {
        var (ana, bob) = await TwoAsync();
        using var gone = new CancellationTokenSource();
        _network.OnQuery = (_, _) =>
        {
            gone.Cancel();
            return null;
        };
        // Whether he still sees the ack is up to the clock.
        _ = await Record.ExceptionAsync(() => ana.Feature.SendAsync(Text(bob.Account.Phone), gone.Token));
        Assert.True(gone.IsCancellationRequested);
        Assert.Single(ana.Store.Messages);
        var sent = await ana.Feature.SendAsync(Text(bob.Account.Phone), CancellationToken.None);
        Assert.Equal(Id, sent.MessageId);
        await ana.IdleAsync();
        Assert.True(Assert.Single(ana.Store.Messages.Values).Status >= MessageStatus.ServerAck);
        Assert.Single(ana.Sent, node => node.Tag == "message");
    }

    [Fact]
    public async Task The_next_owner_answers_for_what_the_one_before_committed_and_did_not_send()
    {
        var (ana, bob) = await TwoAsync();
        ana.LosesSends = true;
        using var gone = new CancellationTokenSource();
        var lost = ana.Feature.SendAsync(Text(bob.Account.Phone), gone.Token);
        await ana.UntilAsync(device => device.Store.Messages.Values.Any(row => row.Status == MessageStatus.Pending));
        ana.Restart();
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => lost);
        await ana.ConnectAsync();
        Assert.Equal(Id, (await ana.Feature.SendAsync(Text(bob.Account.Phone), CancellationToken.None)).MessageId);
        await bob.UntilAsync(device => device.Texts.Contains("once"));
        Assert.Single(bob.Texts);
        Assert.Single(ana.Store.Messages);
    }

    [Fact]
    public async Task Two_that_queue_one_id_at_the_same_time_are_one_message()
    {
        var (ana, bob) = await TwoAsync();
        ana.Disconnect();
        var ids = await Task.WhenAll(ana.Feature.QueueAsync(Text(bob.Account.Phone), CancellationToken.None), ana.Feature.QueueAsync(Text(bob.Account.Phone), CancellationToken.None));
        Assert.Equal([Id, Id], ids);
        await ana.ConnectAsync();
        await bob.UntilAsync(device => device.Texts.Contains("once"));
        Assert.Single(bob.Texts);
        Assert.Single(ana.Store.Messages);
        Assert.Single(ana.Sent, node => node.Tag == "message");
    }

    [Fact]
    public async Task Whoever_waits_for_an_id_whose_send_is_refused_is_told_at_once()
    {
        var (ana, _) = await TwoAsync();
        var nobody = new Jid("5511900000099", Jid.PhoneServer);
        var both = new[] { ana.Feature.SendAsync(Text(nobody), CancellationToken.None), ana.Feature.SendAsync(Text(nobody), CancellationToken.None) };
        foreach (var sending in both)
            Assert.Equal("recipient-not-on-whatsapp", (await Assert.ThrowsAsync<SendFailedException>(() => sending)).Code);
        Assert.Empty(ana.Store.Messages);
    }
}
