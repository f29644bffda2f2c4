using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Sandbox;

public sealed class PhoneToPhoneTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;
    private VirtualPhone _ana = null!, _bia = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _ana = _network.AddPhone("5511900000001", "Ana");
        _bia = _network.AddPhone("5511900000002", "Bia");
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(15)).Token;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_text_arrives_decrypted_by_number_and_by_lid(bool lid)
    {
        var id = _ana.SendText(lid ? _bia.Lid.ToString() : _bia.PhoneNumber, "oi");

        var message = await _bia.WaitForMessageAsync(one => one.MessageId == id, Limit);
        Assert.Equal(("text", "oi", _ana.Jid, _bia.Jid, false), (message.Type, message.Text, message.From, message.To, message.FromMe));
        Assert.Equal(lid ? _ana.Lid : _ana.Jid, message.FromDevice);
    }

    [Fact]
    public async Task A_conversation_goes_on_in_both_directions_and_both_forms()
    {
        for (var i = 0; i < 6; i++)
        {
            var (from, to) = i % 2 == 0 ? (_ana, _bia) : (_bia, _ana);
            var id = from.SendText(i % 3 == 0 ? to.Lid.ToString() : to.PhoneNumber, $"text {i}");
            Assert.Equal($"text {i}", (await to.WaitForMessageAsync(one => one.MessageId == id, Limit)).Text);
        }
        Assert.Equal(0, _network.Stats.RetryReceipts);
        Assert.Equal(0, _network.Stats.Violations);
    }

    [Fact]
    public async Task Delivery_and_read_receipts_come_back()
    {
        var id = _ana.SendText(_bia.PhoneNumber, "oi");
        Assert.Null((await _ana.WaitForReceiptAsync(one => one.MessageId == id, Limit)).Type);

        _bia.MarkRead(id);
        Assert.Equal(_bia.Jid, (await _ana.WaitForReceiptAsync(one => one.MessageId == id && one.Type == "read", Limit)).From);
    }

    [Fact]
    public async Task What_is_sent_to_a_phone_that_is_off_waits()
    {
        _bia.GoOffline();
        var ids = Enumerable.Range(0, 5).Select(i => _ana.SendText(_bia.PhoneNumber, $"text {i}")).ToArray();
        Assert.Empty(_bia.Messages);
        Assert.Equal(5, _network.Stats.Undelivered);

        _bia.GoOnline();
        await _bia.WaitForMessageAsync(one => one.MessageId == ids[^1], Limit);
        Assert.Equal(ids, _bia.Messages.Select(one => one.MessageId));
        await _ana.WaitForReceiptAsync(one => one.MessageId == ids[^1], Limit);
        Assert.Equal(5, _network.Stats.OfflineQueued);
    }

    [Fact]
    public async Task A_corrupted_message_is_asked_for_again_and_recovered()
    {
        _network.Faults.Add(new Fault { Kind = FaultKind.Corrupt, DeviceJid = _bia.Jid.ToString() });
        var id = _ana.SendText(_bia.PhoneNumber, "oi");

        Assert.Equal("oi", (await _bia.WaitForMessageAsync(one => one.MessageId == id, Limit)).Text);
        Assert.Equal(1, _network.Stats.RetryReceipts);
        Assert.Contains(_ana.Receipts, one => one.MessageId == id && one.Type == "retry");
    }

    [Fact]
    public async Task A_message_delivered_twice_is_shown_once()
    {
        _network.Faults.Add(new Fault { Kind = FaultKind.Duplicate, PhoneNumber = _bia.PhoneNumber });
        _ana.SendText(_bia.PhoneNumber, "once");
        var last = _ana.SendText(_bia.PhoneNumber, "last");

        await _bia.WaitForMessageAsync(one => one.MessageId == last, Limit);
        Assert.Equal(["once", "last"], _bia.Messages.Select(one => one.Text));
        Assert.Equal(1, _network.Stats.DuplicateDeliveries);
    }

    [Fact]
    public async Task Messages_are_listed_after_an_id()
    {
        var first = _ana.SendText(_bia.PhoneNumber, "one");
        var second = _ana.SendText(_bia.PhoneNumber, "two");
        await _bia.WaitForMessageAsync(one => one.MessageId == second, Limit);

        Assert.Equal([second], _bia.MessagesAfter(first).Select(one => one.MessageId));
        Assert.Empty(_bia.MessagesAfter(second));
    }

    [Fact]
    public void A_stranger_is_not_on_the_network() =>
        Assert.Throws<PhoneException>(() => _ana.SendText("5511900000009", "oi"));

    [Fact]
    public async Task A_phone_refills_its_keys_and_hands_each_out_once()
    {
        for (var i = 0; i < 60; i++)
            _network.AddPhone($"55119000001{i:00}").SendText(_bia.PhoneNumber, "oi");

        for (var i = 0; i < 60; i++)
            await _bia.WaitForMessageAsync(one => one.From.User == $"55119000001{i:00}", Limit);
        Assert.Equal(0, _network.Stats.RetryReceipts);
    }
}
