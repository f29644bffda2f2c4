using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Device;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Phones;
using Xunit;

namespace WhatsApp.Protocol.Tests.Messaging;

/// <summary>The real device against the sandbox network: real sockets, real phones.</summary>
public sealed class SandboxConversationTests : IAsyncLifetime
{
    private DeviceRig _rig = null!;
    private RunningDevice _device = null!;
    private VirtualPhone _bob = null!;

    public async ValueTask InitializeAsync()
    {
        _rig = await DeviceRig.StartAsync();
        _bob = _rig.Network.AddPhone("5511900000002", "Bob");
        _device = await _rig.StartLinkedAsync();
    }

    public async ValueTask DisposeAsync() => await _rig.DisposeAsync();

    private Task<SentMessage> SendAsync(string text, Jid? to = null) => SendAsync(new OutgoingMessage(to ?? _bob.Jid, new OutgoingText(text)));

    private Task<SentMessage> SendAsync(OutgoingMessage text) => _device.OnOwnerAsync(() => _device.Device.SendAsync(text, CancellationToken.None));

    private static async Task<PhoneMessage> OnPhoneAsync(VirtualPhone phone, string text)
    {
        using var patience = new CancellationTokenSource(DeviceRig.Patience);
        return await phone.WaitForMessageAsync(message => message.Text == text, patience.Token);
    }

    private async Task<MessageInfo> ArrivedAsync(string text)
    {
        await _rig.Store.UntilAsync(store => store.Events.OfType<MessageArrived>().Any(arrived => arrived.Message.Text == text));
        return _rig.Store.Events.OfType<MessageArrived>().First(arrived => arrived.Message.Text == text).Message;
    }

    private string OwnDevice => _device.Device.Snapshot.Jid!.Value.ToString();

    private int Times(string text) => _rig.Store.Events.OfType<MessageArrived>().Count(arrived => arrived.Message.Text == text);

    [Fact]
    public async Task A_conversation_goes_both_ways_and_our_own_phone_sees_it()
    {
        for (var i = 0; i < 5; i++)
        {
            var sent = await SendAsync($"out {i}");
            Assert.Equal((MessageStatus.ServerAck, _bob.Jid), (sent.Status, sent.To));
            var there = await OnPhoneAsync(_bob, $"out {i}");
            Assert.Equal((sent.MessageId, _rig.Phone.Jid), (there.MessageId, there.From));
            Assert.True((await OnPhoneAsync(_rig.Phone, $"out {i}")).FromMe);
            _bob.SendText(_rig.Phone.PhoneNumber, $"in {i}");
            var here = await ArrivedAsync($"in {i}");
            Assert.Equal((_bob.Jid, _bob.Jid, _bob.Lid, "Bob", "app"), (here.Chat, here.FromPhone!.Value, here.FromLid!.Value, here.PushName, here.Source));
        }
        Assert.Equal(5, _bob.Messages.Count);
    }

    [Fact]
    public async Task What_our_phone_writes_arrives_as_sent_by_us()
    {
        _rig.Phone.SendText(_bob.PhoneNumber, "from my phone");
        var message = await ArrivedAsync("from my phone");
        Assert.Equal((true, "phone", _bob.Jid), (message.FromMe, message.Source, message.Chat));
        _bob.ReadsAtOnce = true;
        await OnPhoneAsync(_bob, "from my phone");
    }

    [Fact]
    public async Task A_message_is_delivered_and_read()
    {
        _bob.ReadsAtOnce = true;
        var sent = await SendAsync("read me");
        await _rig.Store.UntilAsync(store => store.Messages.Values.Any(row => row.Key.Id == sent.MessageId && row.Status == MessageStatus.Read));
        var states = _rig.Store.Events.OfType<MessageAcked>().Select(acked => acked.Status).ToList();
        Assert.Equal(states.Order(), states);
        Assert.Equal(MessageStatus.Read, states[^1]);
    }

    [Fact]
    public async Task The_other_spelling_of_a_number_reaches_the_account_and_an_unknown_number_is_refused()
    {
        var sent = await SendAsync("ninth digit", new Jid("551100000002", Jid.PhoneServer));
        Assert.Equal(_bob.Jid, sent.To);
        var failure = await Assert.ThrowsAsync<SendFailedException>(() => SendAsync("nobody", new Jid("4915100000000", Jid.PhoneServer)));
        Assert.Equal("recipient-not-on-whatsapp", failure.Code);
    }

    [Fact]
    public async Task A_corrupted_message_in_either_direction_is_repaired_by_a_resend()
    {
        await SendAsync("warm up");
        // Behind what our own phone sends after a first login: the fault is meant for a text.
        _bob.SendText(_rig.Phone.PhoneNumber, "warm up");
        await ArrivedAsync("warm up");
        _rig.Network.Faults.Add(new Fault { Kind = FaultKind.Corrupt, DeviceJid = _bob.Jid.ToString() });
        await SendAsync("broken on the way out");
        await OnPhoneAsync(_bob, "broken on the way out");
        _rig.Network.Faults.Add(new Fault { Kind = FaultKind.Corrupt, DeviceJid = OwnDevice });
        _bob.SendText(_rig.Phone.PhoneNumber, "broken on the way in");
        await ArrivedAsync("broken on the way in");
        Assert.Single(_rig.Store.Events.OfType<MessageUndecryptable>());
        Assert.Equal(1, Times("broken on the way in"));
    }

    [Fact]
    public async Task A_message_delivered_twice_is_told_once()
    {
        _rig.Network.Faults.Add(new Fault { Kind = FaultKind.Duplicate, DeviceJid = OwnDevice });
        _bob.SendText(_rig.Phone.PhoneNumber, "twice");
        _bob.SendText(_rig.Phone.PhoneNumber, "after");
        await ArrivedAsync("after");
        Assert.Equal(1, Times("twice"));
    }

    [Theory]
    [InlineData("463", "reachout-timelock")]
    [InlineData("475", "rate-limited")]
    [InlineData("400", "whatsapp-error")]
    public async Task A_refusal_is_told_with_its_code(string nack, string code)
    {
        _rig.Network.Faults.Add(new Fault { Kind = FaultKind.Nack, Code = nack, DeviceJid = OwnDevice });
        Assert.Equal(code, (await Assert.ThrowsAsync<SendFailedException>(() => SendAsync("refused"))).Code);
        await SendAsync("and the next one goes");
        await OnPhoneAsync(_bob, "and the next one goes");
    }

    [Fact]
    public async Task A_479_is_repaired_by_one_rebuild()
    {
        await SendAsync("warm up");
        _rig.Network.Faults.Add(new Fault { Kind = FaultKind.Nack, Code = "479", DeviceJid = OwnDevice });
        await SendAsync("rebuilt");
        await OnPhoneAsync(_bob, "rebuilt");
    }

    [Fact]
    public async Task A_cut_connection_loses_and_doubles_nothing()
    {
        await SendAsync("warm up");
        _rig.Network.Faults.Add(new Fault { Kind = FaultKind.HoldAcks, DeviceJid = OwnDevice });
        _bob.GoOffline();
        var sending = SendAsync("through the cut");
        await OnPhoneAsync(_rig.Phone, "through the cut");
        _rig.Network.Faults.Add(new Fault { Kind = FaultKind.Drop, DeviceJid = OwnDevice });
        var sent = await sending;
        Assert.Equal(2, _rig.Store.Events.OfType<ConnectionOpened>().Count());
        _bob.GoOnline();
        await SendAsync("after the cut");
        await OnPhoneAsync(_bob, "after the cut");
        Assert.Single(_bob.Messages, message => message.MessageId == sent.MessageId);
    }

    [Fact]
    public async Task A_backlog_comes_in_order_after_a_restart()
    {
        await SendAsync("warm up");
        await _device.DisposeAsync();
        for (var i = 0; i < 300; i++)
            _bob.SendText(_rig.Phone.PhoneNumber, $"backlog {i}");
        _device = _rig.Start(_rig.Store = _rig.Store.NextOwner());
        await ArrivedAsync("backlog 299");
        Assert.Equal(Enumerable.Range(0, 300).Select(i => $"backlog {i}"),
            _rig.Store.Events.OfType<MessageArrived>().Where(arrived => !arrived.Message.FromMe).Select(arrived => arrived.Message.Text));
        Assert.DoesNotContain(_rig.Store.Events, told => told is MessageUndecryptable);
    }

    [Fact]
    public async Task The_server_finds_nothing_wrong_with_what_we_send()
    {
        await SendAsync("one");
        _bob.SendText(_rig.Phone.PhoneNumber, "two");
        await ArrivedAsync("two");
        await SendAsync("three");
        await OnPhoneAsync(_bob, "three");
        Assert.Equal(0, _rig.Network.Stats.Violations);
    }
}
