using WhatsApp.Protocol.Groups;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Groups;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Sandbox.Groups;

public sealed class GroupPhoneTests : IAsyncLifetime
{
    private SandboxNetwork _network = null!;
    private VirtualPhone _ana = null!, _bia = null!, _caio = null!;

    public async ValueTask InitializeAsync()
    {
        _network = await SandboxNetwork.StartAsync();
        _ana = _network.AddPhone("5511900000001", "Ana");
        _bia = _network.AddPhone("5511900000002", "Bia");
        _caio = _network.AddPhone("5511900000003", "Caio");
    }

    public ValueTask DisposeAsync() => _network.DisposeAsync();

    private static CancellationToken Limit => new CancellationTokenSource(TimeSpan.FromSeconds(15)).Token;

    [Theory]
    [InlineData(AddressingMode.Lid)]
    [InlineData(AddressingMode.Phone)]
    public async Task A_text_reaches_every_member_in_the_groups_form(AddressingMode mode)
    {
        var group = Group(mode);
        foreach (var (sender, text) in new[] { (_ana, "one"), (_bia, "two"), (_ana, "three"), (_caio, "four") })
        {
            var id = sender.SendText(group.Id.ToString(), text);
            foreach (var reader in new[] { _ana, _bia, _caio }.Where(phone => phone != sender))
            {
                var message = await reader.WaitForMessageAsync(one => one.MessageId == id, Limit);
                Assert.Equal((text, sender.Jid, group.Id, false), (message.Text, message.From, message.To, message.FromMe));
                Assert.Equal(mode == AddressingMode.Lid ? sender.Lid : sender.Jid, message.FromDevice);
            }
            await sender.WaitForReceiptAsync(one => one.MessageId == id && one.Type is null, Limit);
        }
        Assert.Equal(0, _network.Stats.RetryReceipts);
        Assert.Equal(0, _network.Stats.Violations);
        for (var tries = 0; tries < 100 && _network.Stats.Undelivered > 0; tries++)
            await Task.Delay(20, Limit);
        Assert.Equal(0, _network.Stats.Undelivered);
    }

    [Fact]
    public async Task A_new_member_reads_from_then_on_and_a_removed_one_nothing_more()
    {
        var group = _network.AddGroup("Clientes", [_ana.PhoneNumber, _bia.PhoneNumber]);
        await Read(_bia, _ana.SendText(group.Id.ToString(), "before"));
        group.Add(_caio.PhoneNumber);
        var both = _ana.SendText(group.Id.ToString(), "with Caio");
        await Read(_bia, both);
        await Read(_caio, both);

        group.Remove(_caio.PhoneNumber);
        var after = _ana.SendText(group.Id.ToString(), "without Caio");
        await Read(_bia, after);
        Assert.Equal([both], _caio.Messages.Select(one => one.MessageId));
        Assert.Throws<PhoneException>(() => _caio.SendText(group.Id.ToString(), "hello?"));
        Assert.Equal([_ana.PhoneNumber, _bia.PhoneNumber], group.Members);
        Assert.Equal(0, _network.Stats.RetryReceipts);
    }

    [Fact]
    public async Task A_lost_sender_key_is_asked_for_and_comes_with_the_message()
    {
        var group = Group();
        await Read(_bia, _ana.SendText(group.Id.ToString(), "first"));
        _bia.LoseSenderKeys(group.Id);

        var second = _ana.SendText(group.Id.ToString(), "second");
        Assert.Equal("second", (await Read(_bia, second)).Text);
        await _ana.WaitForReceiptAsync(one => one.MessageId == second && one.Type == "retry" && one.From == _bia.Lid, Limit);
        await Read(_bia, _ana.SendText(group.Id.ToString(), "third"));
        Assert.Equal(1, _network.Stats.RetryReceipts);
        Assert.Equal(["first", "second", "third"], _bia.Messages.Select(one => one.Text));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_corrupted_group_message_is_recovered(bool afterTheFirst)
    {
        var group = Group();
        if (afterTheFirst)
            await Read(_bia, _ana.SendText(group.Id.ToString(), "first"));
        _network.Faults.Add(new Fault { Kind = FaultKind.Corrupt, DeviceJid = _bia.Jid.ToString() });

        var id = _ana.SendText(group.Id.ToString(), "oi");
        Assert.Equal("oi", (await Read(_bia, id)).Text);
        Assert.Equal("oi", (await Read(_caio, id)).Text);
        Assert.Equal(1, _network.Stats.RetryReceipts);
    }

    [Fact]
    public async Task What_is_sent_while_a_member_is_away_waits_in_order()
    {
        var group = Group();
        _bia.GoOffline();
        var ids = Enumerable.Range(0, 4).Select(i => _ana.SendText(group.Id.ToString(), $"text {i}")).ToArray();
        _bia.GoOnline();
        await Read(_bia, ids[^1]);
        Assert.Equal(ids, _bia.Messages.Select(one => one.MessageId));
    }

    [Fact]
    public async Task Reading_tells_the_author_who_read()
    {
        _bia.ReadsAtOnce = true;
        var group = Group();
        var id = _ana.SendText(group.Id.ToString(), "oi");
        Assert.Equal(_bia.Lid, (await _ana.WaitForReceiptAsync(one => one.MessageId == id && one.Type == "read", Limit)).From);
        _caio.MarkRead((await Read(_caio, id)).MessageId);
        await _ana.WaitForReceiptAsync(one => one.MessageId == id && one.Type == "read" && one.From == _caio.Lid, Limit);
    }

    private PhoneGroup Group(AddressingMode mode = AddressingMode.Lid) =>
        _network.AddGroup("Clientes", [_ana.PhoneNumber, _bia.PhoneNumber, _caio.PhoneNumber], mode);

    private static Task<PhoneMessage> Read(VirtualPhone phone, string id) => phone.WaitForMessageAsync(one => one.MessageId == id, Limit);
}
