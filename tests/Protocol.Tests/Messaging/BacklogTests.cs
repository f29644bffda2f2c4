using Microsoft.Extensions.Time.Testing;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;

namespace WhatsApp.Protocol.Tests.Messaging;

/// <summary>What waits for a connection goes out first, and does not wait for the next one when the server is busy.</summary>
public sealed class BacklogTests
{
    private readonly RelayNetwork _network = new();

    [Fact]
    public async Task A_message_whose_keys_the_server_would_not_tell_goes_out_later_on_the_same_connection()
    {
        var time = new FakeTimeProvider(DateTimeOffset.FromUnixTimeSeconds(1_700_000_000));
        var (ana, bob) = (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1, time), await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        ana.Disconnect();
        var id = await ana.Feature.QueueAsync(new OutgoingMessage(bob.Account.Phone, new OutgoingText("patience")), CancellationToken.None);
        var refusals = 0;
        _network.OnQuery = (_, iq) => iq["xmlns"] == "encrypt" && Interlocked.Increment(ref refusals) <= 2 ? throw new IqErrorException(429, "rate-overlimit") : null;
        await ana.ConnectAsync();
        for (var left = 2000; bob.Texts.Count == 0; left--)
        {
            Assert.True(left > 0, "the message never left");
            time.Advance(TimeSpan.FromSeconds(1));
            await Task.Delay(5);
        }

        Assert.Equal(["patience"], bob.Texts);
        Assert.True(refusals > 2);
        Assert.True(ana.Store.Messages.Values.Single(row => row.Key.Id == id).Status >= MessageStatus.Pending);
    }

    [Fact]
    public async Task A_new_message_does_not_overtake_a_backlog_of_more_than_a_page()
    {
        var (ana, bob) = (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0));
        ana.Disconnect();
        const int waiting = 620;
        for (var i = 0; i < waiting; i++)
            await ana.Feature.QueueAsync(new OutgoingMessage(bob.Account.Phone, new OutgoingText($"m{i}")), CancellationToken.None);
        await ana.ConnectAsync();
        await ana.Feature.QueueAsync(new OutgoingMessage(bob.Account.Phone, new OutgoingText("queued late")), CancellationToken.None);
        var late = ana.SendAsync(bob.Account.Phone, "sent last");
        await bob.UntilAsync(device => device.Texts.Count == waiting + 2);
        await late;

        var numbers = bob.Texts.Where(text => text[0] == 'm').Select(text => int.Parse(text.AsSpan(1), System.Globalization.CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(waiting, numbers.Distinct().Count());
        Assert.Equal(["queued late", "sent last"], bob.Texts.TakeLast(2).Order(StringComparer.Ordinal));
    }
}
