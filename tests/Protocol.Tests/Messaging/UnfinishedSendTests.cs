using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;

namespace WhatsApp.Protocol.Tests.Messaging;

/// <summary>What a crash, a lost connection or a silent server leaves undone is done later, under the same id.</summary>
public sealed class UnfinishedSendTests
{
    private readonly RelayNetwork _network = new();

    private async Task<(RelayDevice Ana, RelayDevice Bob)> TwoAsync(TimeProvider? time = null) =>
        (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1, time), await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0));

    private static async Task<SendFailedException> FailureAsync(Task<SentMessage> sending) => await Assert.ThrowsAsync<SendFailedException>(() => sending);

    private static async Task<SentMessage> AdvancingAsync(FakeTimeProvider time, TimeSpan step, Task<SentMessage> sending)
    {
        while (!sending.IsCompleted)
        {
            await Task.Delay(5);
            time.Advance(step);
        }
        return await sending;
    }

    [Fact]
    public async Task What_is_queued_between_the_login_and_the_look_at_the_backlog_goes_out_once()
    {
        var (ana, bob) = await TwoAsync();
        ana.Disconnect();
        ana.OpenSocket();
        var onTheSocket = new TaskCompletionSource<Node>(TaskCreationOptions.RunContinuationsAsynchronously);
        _network.AckFor = (_, message) =>
        {
            onTheSocket.TrySetResult(RelayNetwork.Ack(message));
            return null;
        };
        await ana.Feature.QueueAsync(new OutgoingMessage(bob.Account.Phone, new OutgoingText("early")), CancellationToken.None);
        var ack = await onTheSocket.Task;
        await ana.Feature.OnOpenAsync(CancellationToken.None);
        await bob.UntilAsync(device => device.Texts.Contains("early"));
        await ana.IdleAsync();
        ana.Deliver(ack);
        await ana.UntilAsync(device => device.Store.Messages.Values.Single(row => row.FromMe).Status >= MessageStatus.ServerAck);
        Assert.Single(ana.Sent, node => node.Tag == "message");
    }

    [Fact]
    public async Task No_ack_for_30_seconds_is_a_timeout_and_a_late_ack_still_counts()
    {
        var time = new FakeTimeProvider();
        var (ana, bob) = await TwoAsync(time);
        Node? held = null;
        _network.OnTheWay = (to, stanza) => to == ana ? null : stanza;
        var reached = new TaskCompletionSource();
        _network.AckFor = (_, message) =>
        {
            held = RelayNetwork.Ack(message);
            reached.TrySetResult();
            return null;
        };
        var sending = ana.SendAsync(bob.Account.Phone, "slow");
        await reached.Task;
        await ana.IdleAsync();
        var failure = await FailureAsync(AdvancingAsync(time, TimeSpan.FromSeconds(31), sending));
        Assert.Equal(("send-timeout", held!["id"]), (failure.Code, failure.MessageId));
        Assert.Equal(MessageStatus.Pending, ana.Store.Messages.Values.Single(row => row.FromMe).Status);
        ana.Deliver(held);
        await ana.UntilAsync(device => device.Store.Messages.Values.Single(row => row.FromMe).Status == MessageStatus.ServerAck);
        Assert.Single(ana.Arrived);
    }

    [Fact]
    public async Task A_crash_between_commit_and_send_is_made_good_under_the_same_id_after_the_next_login()
    {
        var (ana, bob) = await TwoAsync();
        ana.LosesSends = true;
        var sending = ana.SendAsync(bob.Account.Phone, "survives");
        await ana.UntilAsync(device => device.Store.Messages.Values.Any(row => row.Status == MessageStatus.Pending));
        await ana.IdleAsync();
        Assert.DoesNotContain(ana.Sent, node => node.Tag == "message");
        ana.Restart();
        await ana.ConnectAsync();
        await bob.UntilAsync(device => device.Texts.Contains("survives"));
        await ana.UntilAsync(device => device.Store.Messages.Values.Single().Status >= MessageStatus.ServerAck);
        Assert.Equal(ana.Store.Messages.Keys.Single().Id, bob.Arrived.Single().MessageId);
        Assert.Single(ana.Arrived);
        Assert.False(sending.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_crash_after_the_send_repeats_the_message_and_the_receiver_sees_it_once()
    {
        var (ana, bob) = await TwoAsync();
        _network.AckFor = (_, _) => null;
        _ = ana.SendAsync(bob.Account.Phone, "doubled");
        await bob.UntilAsync(device => device.Texts.Contains("doubled"));
        ana.Disconnect();
        await ana.IdleAsync();
        _network.AckFor = null;
        _network.OnTheWay = (to, stanza) => to == ana && stanza.Tag == "receipt" ? null : stanza;
        ana.Restart();
        await ana.ConnectAsync();
        await ana.UntilAsync(device => device.Store.Messages.Values.Single().Status >= MessageStatus.ServerAck);
        await bob.IdleAsync();
        Assert.Equal(["doubled"], bob.Texts);
    }

    [Fact]
    public async Task A_connection_lost_before_the_ack_does_not_fail_a_send_that_the_next_one_completes()
    {
        var (ana, bob) = await TwoAsync();
        _network.AckFor = (_, _) => null;
        var sending = ana.SendAsync(bob.Account.Phone, "patient");
        await bob.UntilAsync(device => device.Texts.Contains("patient"));
        _network.OnTheWay = (to, stanza) => to == ana && stanza.Tag == "receipt" ? null : stanza;
        ana.Disconnect();
        _network.AckFor = null;
        await ana.ConnectAsync();
        var sent = await sending;
        Assert.Equal(sent.MessageId, bob.Arrived.Single().MessageId);
    }

    [Fact]
    public async Task Without_a_connection_a_send_fails_and_leaves_nothing()
    {
        var (ana, bob) = await TwoAsync();
        ana.Disconnect();
        Assert.Equal("instance-not-connected", (await FailureAsync(ana.SendAsync(bob.Account.Phone, "oi"))).Code);
        Assert.Empty(ana.Store.Messages);
    }

    [Fact]
    public async Task Queued_texts_go_out_in_order_after_the_login()
    {
        var (ana, bob) = await TwoAsync();
        ana.Disconnect();
        List<string> ids = [];
        for (var i = 0; i < 30; i++)
        {
            ids.Add(await ana.Feature.QueueAsync(new OutgoingMessage(bob.Account.Phone, new OutgoingText($"{i}")), CancellationToken.None));
            await Task.Delay(2);
        }
        Assert.All(ana.Store.Messages.Values, row => Assert.Equal(MessageStatus.Queued, row.Status));
        await ana.ConnectAsync();
        await bob.UntilAsync(device => device.Texts.Count == 30);
        Assert.Equal(Enumerable.Range(0, 30).Select(i => $"{i}"), bob.Texts);
        Assert.Equal(ids, bob.Arrived.Select(message => message.MessageId));
        await ana.UntilAsync(device => device.Store.Messages.Values.All(row => row.Status >= MessageStatus.ServerAck));
    }
}
