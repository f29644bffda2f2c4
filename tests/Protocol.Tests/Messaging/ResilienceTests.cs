using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Messaging.Relay;
using Xunit;
using Proto = WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Tests.Messaging;

public sealed class ResilienceTests
{
    private readonly RelayNetwork _network = new();

    private async Task<(RelayDevice Ana, RelayDevice Bob)> TwoAsync() =>
        (await _network.AddAccount("5511900000001", "101").AddDeviceAsync(1), await _network.AddAccount("5511900000002", "102").AddDeviceAsync(0));

    [Fact]
    public async Task A_send_whose_commit_fails_leaves_nothing_and_the_next_one_goes()
    {
        var (ana, bob) = await TwoAsync();
        await ana.SendAsync(bob.Account.Phone, "one");
        var session = ana.Store.Sessions.Values.Single();
        ana.Store.BeforeCommit = (_, batch) =>
        {
            if (batch.Messages.Count > 0)
                throw new IOException("the disk is full");
        };
        await Assert.ThrowsAsync<IOException>(() => ana.SendAsync(bob.Account.Phone, "lost"));
        ana.Store.BeforeCommit = null;
        Assert.Equal(session, ana.Store.Sessions.Values.Single());
        await ana.SendAsync(bob.Account.Phone, "two");
        await bob.UntilAsync(device => device.Texts.Count == 2);
        Assert.Equal(["one", "two"], bob.Texts);
        Assert.DoesNotContain(bob.Sent, node => node["type"] == "retry");
    }

    [Fact]
    public async Task A_message_whose_commit_fails_is_read_when_it_comes_again()
    {
        var (ana, bob) = await TwoAsync();
        var stanza = await RawSend.EncryptAsync(bob, ana, Google.Protobuf.MessageExtensions.ToByteArray(new Proto.Message { Conversation = "patience" }));
        ana.Store.BeforeCommit = (_, _) => throw new IOException("the disk is full");
        ana.Deliver(stanza);
        await ana.IdleAsync();
        Assert.IsType<IOException>(ana.PumpFailure);
        Assert.Empty(ana.Sent);
        ana.Store.BeforeCommit = null;
        ana.Deliver(stanza);
        Assert.Equal("patience", (await ana.EventAsync<MessageArrived>()).Message.Text);
        Assert.DoesNotContain(ana.Sent, node => node["type"] == "retry");
    }

    [Fact]
    public async Task Both_sides_may_start_at_the_same_moment()
    {
        var (ana, bob) = await TwoAsync();
        for (var round = 0; round < 5; round++)
            await Task.WhenAll(ana.SendAsync(bob.Account.Phone, $"a{round}"), bob.SendAsync(ana.Account.Phone, $"b{round}"));
        await bob.UntilAsync(device => device.Texts.Count == 5);
        await ana.UntilAsync(device => device.Texts.Count == 5);
        Assert.DoesNotContain(ana.Sent.Concat(bob.Sent), node => node["type"] == "retry");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Through_corruption_duplicates_and_reordering_every_text_reaches_every_device_once(int seed)
    {
        var (anas, bobs) = (_network.AddAccount("5511900000001", "101"), _network.AddAccount("5511900000002", "102"));
        RelayDevice[] devices = [await anas.AddDeviceAsync(0), await anas.AddDeviceAsync(1), await bobs.AddDeviceAsync(0), await bobs.AddDeviceAsync(4)];
        var noise = new Noise(seed);
        _network.OnTheWay = noise.Pass;
        for (var i = 0; i < 60; i++)
        {
            var from = devices[noise.Next(devices.Length)];
            await from.SendAsync(from.Account == anas ? bobs.Phone : anas.Phone, $"text {i}");
        }
        noise.Stop();
        foreach (var device in devices)
        {
            await device.UntilAsync(there => there.Arrived.Count >= 60);
            Assert.Equal(Enumerable.Range(0, 60).Select(i => $"text {i}").Order(), device.Arrived.Select(message => message.Text).Order());
            Assert.Null(device.PumpFailure);
            Assert.DoesNotContain(device.Store.Messages.Values, row => row.Status is MessageStatus.Undecryptable or MessageStatus.Failed);
        }
    }

    private sealed class Noise(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Lock _gate = new();
        private readonly List<(RelayDevice To, Node Stanza)> _late = [];
        private bool _stopped;

        public int Next(int max)
        {
            lock (_gate)
                return _random.Next(max);
        }

        public Node? Pass(RelayDevice to, Node stanza)
        {
            if (stanza.Tag != "message" || _stopped)
                return stanza;
            switch (Next(10))
            {
                case 0 when stanza.Child("enc")!["count"] is null:
                    return Broken(stanza);
                case 1:
                    to.Deliver(stanza);
                    return stanza;
                case 2:
                    lock (_gate)
                    {
                        if (_stopped)
                            return stanza;
                        _late.Add((to, stanza));
                    }
                    return null;
                default:
                    Release(stanza);
                    return stanza;
            }
        }

        public void Stop()
        {
            lock (_gate)
                _stopped = true;
            Release(null);
        }

        private void Release(Node? unless)
        {
            List<(RelayDevice To, Node Stanza)> late;
            lock (_gate)
            {
                late = [.. _late.Where(held => held.Stanza != unless)];
                _late.Clear();
            }
            foreach (var (to, stanza) in late)
                to.Deliver(stanza);
        }

        private static Node Broken(Node stanza)
        {
            var enc = stanza.Child("enc")!;
            var bytes = enc.Bytes!.Value.ToArray();
            bytes[^12] ^= 1;
            return stanza.WithChildren([.. stanza.Children.Select(child => child == enc ? new Node("enc", [("v", "2"), ("type", enc["type"])], bytes) : child)]);
        }
    }
}
