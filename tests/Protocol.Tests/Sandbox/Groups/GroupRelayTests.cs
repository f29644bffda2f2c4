using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Signal;
using WhatsApp.Sandbox;
using WhatsApp.Sandbox.Phones;
using SenderKeyMessage = WhatsApp.Protocol.Signal.SenderKeys.SenderKeyMessage;

namespace WhatsApp.Protocol.Tests.Sandbox.Groups;

public sealed class GroupRelayTests : IAsyncLifetime
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
    [InlineData(AddressingMode.Lid)]
    [InlineData(AddressingMode.Phone)]
    public async Task A_companion_and_the_phones_write_to_each_other(AddressingMode mode)
    {
        await using var client = await _network.LinkAsync(_ana);
        var groups = new ScriptedGroups(client);
        var group = _network.AddGroup("Clientes", [_bia.PhoneNumber, _ana.PhoneNumber], mode);
        var info = await groups.InfoAsync(group.Id);
        var self = mode == AddressingMode.Lid ? client.Device.Lid : client.Device.Jid;

        var ack = await groups.SendTextAsync(info, "from the companion");
        Assert.Equal((null, null, group.Id.ToString()), (ack["error"], ack["phash"], ack["from"]));
        var message = await _bia.WaitForMessageAsync(one => one.MessageId == ack["id"], Limit);
        Assert.Equal(("from the companion", self, group.Id), (message.Text, message.FromDevice, message.To));
        Assert.True((await _ana.WaitForMessageAsync(one => one.MessageId == ack["id"], Limit)).FromMe);
        var receipt = await client.ReceiveAsync(node => node.Tag == "receipt" && node["id"] == ack["id"] && node.JidOf("participant")!.Value.IsSameAccount(mode == AddressingMode.Lid ? _bia.Lid : _bia.Jid));
        Assert.Equal(group.Id.ToString(), receipt["from"]);

        _bia.SendText(group.Id.ToString(), "first answer");
        var (stanza, types, text) = await groups.ReceiveAsync();
        Assert.Equal(("msg+skmsg", "first answer"), (types, text));
        Assert.Equal((group.Id.ToString(), mode == AddressingMode.Lid ? "lid" : "pn", "Bia"), (stanza["from"], stanza["addressing_mode"], stanza["notify"]));
        Assert.Equal((mode == AddressingMode.Lid ? _bia.Jid : _bia.Lid).ToString(), stanza[mode == AddressingMode.Lid ? "participant_pn" : "participant_lid"]);
        _bia.SendText(group.Id.ToString(), "second answer");
        Assert.Equal(("skmsg", "second answer"), (await groups.ReceiveAsync()) is var second ? (second.Types, second.Text) : default);
        Assert.Equal(0, _network.Stats.Violations);
    }

    [Fact]
    public async Task Members_come_and_go_by_notices_that_carry_the_metadata_on()
    {
        var caio = _network.AddPhone("5511900000003");
        await using var client = await _network.LinkAsync(_bia);
        var groups = new ScriptedGroups(client);
        var group = _network.AddGroup("Clientes", [_ana.PhoneNumber, _bia.PhoneNumber]);
        var created = Assert.IsType<GroupCreated>(Assert.Single((await groups.NoticeAsync()).Changes));
        var info = created.Info!;
        Assert.Equal((group.Id, "Clientes", AddressingMode.Lid), (info.Id, info.Subject, info.Addressing));
        Assert.Equal([GroupRole.SuperAdmin, GroupRole.Member], info.Members.Select(member => member.Role));

        group.Add(caio.PhoneNumber);
        var added = await groups.NoticeAsync();
        Assert.Equal((_ana.Lid, _ana.Jid), (added.Author!.Value, added.AuthorPhone!.Value));
        info = info.After(added)!;
        Assert.Equal([_ana.Lid, _bia.Lid, caio.Lid], info.Members.Select(member => member.Jid));
        Assert.Contains((caio.Jid, caio.Lid), added.LidPairs);

        group.Remove(caio.PhoneNumber);
        var removed = await groups.NoticeAsync();
        Assert.True(removed.NeedsNewSenderKey);
        info = info.After(removed)!;
        var fresh = await groups.InfoAsync(group.Id);
        Assert.Equal(fresh.Members, info.Members);
        Assert.Equal(fresh.MembersVersion, info.MembersVersion);
        Assert.Equal(0, await UndeliveredAsync());
    }

    [Fact]
    public async Task A_phone_takes_a_new_key_after_a_removal_and_gives_it_to_the_others()
    {
        var caio = _network.AddPhone("5511900000003");
        await using var client = await _network.LinkAsync(_bia);
        var groups = new ScriptedGroups(client);
        var group = _network.AddGroup("Clientes", [_ana.PhoneNumber, _bia.PhoneNumber, caio.PhoneNumber]);
        List<(string Types, uint Key)> seen = [];
        for (var i = 0; i < 4; i++)
        {
            if (i == 2)
                group.Remove(caio.PhoneNumber);
            _ana.SendText(group.Id.ToString(), $"text {i}");
            var (stanza, types, text) = await groups.ReceiveAsync();
            Assert.Equal($"text {i}", text);
            seen.Add((types.EndsWith("+skmsg", StringComparison.Ordinal) ? "key" : types, SenderKeyMessage.Read(stanza.ChildrenOf("enc").Last().Bytes!.Value.Span).KeyId));
        }
        Assert.Equal(["key", "skmsg", "key", "skmsg"], seen.Select(one => one.Types));
        Assert.Equal((seen[0].Key, seen[2].Key), (seen[1].Key, seen[3].Key));
        Assert.NotEqual(seen[0].Key, seen[2].Key);
    }

    [Fact]
    public async Task A_wrong_device_list_is_corrected_in_the_ack_and_the_text_still_arrives()
    {
        await using var client = await _network.LinkAsync(_ana);
        await using var other = await _network.LinkAsync(_bia);
        var groups = new ScriptedGroups(client);
        var info = await groups.InfoAsync(_network.AddGroup("Clientes", [_ana.PhoneNumber, _bia.PhoneNumber]).Id);

        var ack = await groups.SendTextAsync(info, "not for the new device", [_ana.Lid, client.Device.Lid, _bia.Lid]);
        Assert.Equal(ParticipantHash.Compute([_ana.Lid, client.Device.Lid, _bia.Lid, other.Device.Lid]), ack["phash"]);
        Assert.Equal("not for the new device", (await _bia.WaitForMessageAsync(one => one.MessageId == ack["id"], Limit)).Text);
        // The device left out gets the group part alone, and cannot read it.
        var error = await Assert.ThrowsAsync<SignalException>(() => new ScriptedGroups(other).ReceiveAsync());
        Assert.Equal(RetryReason.NoSession, error.Reason);

        Assert.Null((await groups.SendTextAsync(info, "for everybody"))["phash"]);
        Assert.Null((await groups.SendTextAsync(info, "hash without the sender", await WithoutSelfAsync(client, info)))["phash"]);
    }

    [Fact]
    public async Task A_companion_that_lost_the_key_asks_the_phone_and_gets_it_with_the_text()
    {
        await using var client = await _network.LinkAsync(_ana);
        var groups = new ScriptedGroups(client);
        var group = _network.AddGroup("Clientes", [_bia.PhoneNumber, _ana.PhoneNumber]);
        _bia.SendText(group.Id.ToString(), "one");
        await groups.ReceiveAsync();
        var id = _bia.SendText(group.Id.ToString(), "two");
        var lost = await client.ReceiveAsync(node => node.Tag == "message" && node["id"] == id);
        await client.SendAsync(new Node("receipt", [("id", id), ("to", group.Id.ToString()), ("participant", lost["participant"]), ("type", "retry")],
            [new Node("retry", ("v", "1"), ("count", "1"), ("id", id), ("t", lost["t"]), ("error", "1")),
             ScriptedSteps.Leaf("registration", [0, 0, (byte)(client.Device.Identity.RegistrationId >> 8), (byte)client.Device.Identity.RegistrationId])]));
        await client.SendAsync(new Node("ack", ("class", "message"), ("id", id), ("to", group.Id.ToString()), ("participant", lost["participant"]), ("error", "500")));

        var (stanza, types, text) = await groups.ReceiveAsync();
        Assert.Equal((id, "two", "1"), (stanza["id"], text, stanza.Child("enc")!["count"]));
        Assert.DoesNotContain("skmsg", types, StringComparison.Ordinal);
        _bia.SendText(group.Id.ToString(), "three");
        Assert.Equal("three", (await groups.ReceiveAsync()).Text);
        await NoticesAsync(groups, 1);
        Assert.Equal(0, await UndeliveredAsync());
    }

    [Fact]
    public async Task Strangers_the_wrong_form_and_unknown_groups_are_refused()
    {
        await using var client = await _network.LinkAsync(_ana);
        var groups = new ScriptedGroups(client);
        var info = await groups.InfoAsync(_network.AddGroup("Clientes", [_ana.PhoneNumber, _bia.PhoneNumber]).Id);
        var wrongMode = await groups.SendTextAsync(info, "by number", mode: "pn");
        Assert.Equal(("421", "lid"), (wrongMode["error"], wrongMode["addressing_mode"]));

        var foreign = info with { Id = _network.AddGroup("Others", [_bia.PhoneNumber]).Id };
        Assert.Equal("403", (await groups.SendTextAsync(foreign, "let me in"))["error"]);
        Assert.Equal("403", (await groups.AskAsync(GroupQueries.Info(foreign.Id))).Child("error")!["code"]);
        Assert.Equal("404", (await groups.SendTextAsync(info with { Id = Jid.Parse("1@g.us") }, "anybody"))["error"]);
        Assert.Empty(_bia.Messages);
    }

    private static async Task<List<Jid>> WithoutSelfAsync(ScriptedClient client, GroupInfo info) =>
        [.. (await client.DevicesAsync([.. info.Members.Select(member => member.Jid)])).Where(device => device != client.Device.Lid)];

    private static async Task NoticesAsync(ScriptedGroups groups, int count)
    {
        for (var i = 0; i < count; i++)
            await groups.NoticeAsync();
    }

    [Fact]
    public async Task A_companion_gets_a_group_message_it_could_not_read_from_its_phone()
    {
        await using var client = await _network.LinkAsync(_ana);
        var group = _network.AddGroup("Clientes", [_bia.PhoneNumber, _ana.PhoneNumber]).Id;
        var id = _bia.SendText(group.ToString(), "ask the phone");
        await _ana.WaitForMessageAsync(one => one.MessageId == id, Limit);
        var request = new Message
        {
            ProtocolMessage = new()
            {
                Type = Message.Types.ProtocolMessage.Types.Type.PeerDataOperationRequestMessage,
                PeerDataOperationRequestMessage = new()
                {
                    PeerDataOperationRequestType = Message.Types.PeerDataOperationRequestType.PlaceholderMessageResend,
                    PlaceholderMessageResendRequest = { new Message.Types.PeerDataOperationRequestMessage.Types.PlaceholderMessageResendRequest
                    {
                        MessageKey = new MessageKey { RemoteJid = group.ToString(), FromMe = false, Id = id, Participant = _bia.Lid.ToString() },
                    } },
                },
            },
        };
        await client.SendAsync(new Node("message", [("id", "REQUEST"), ("to", _ana.Jid.ToString()), ("type", "text"), ("category", "peer"), ("push_priority", "high_force")],
            [new Node("meta", ("appdata", "default")), await client.EncryptAsync(_ana.Jid, request), ScriptedSteps.Leaf("device-identity", client.Device.SignedIdentity!)]));

        Message.Types.PeerDataOperationRequestResponseMessage? answer = null;
        while (answer is null)
            answer = client.Open(await client.ReceiveAsync(node => node.Tag == "message" && node["category"] == "peer")).ProtocolMessage.PeerDataOperationRequestResponseMessage;
        var found = WebMessageInfo.Parser.ParseFrom(answer.PeerDataOperationResult.Single().PlaceholderMessageResendResponse.WebMessageInfoBytes);
        Assert.Equal((id, "ask the phone", "Bia"), (found.Key.Id, found.Message.Conversation, found.PushName));
    }

    /// <summary>What is still not acknowledged a moment later; peer messages of linking, which nobody read here, do not count.</summary>
    private async Task<int> UndeliveredAsync()
    {
        const int Bootstrap = 2;
        for (var i = 0; i < 100 && _network.Stats.Undelivered > Bootstrap; i++)
            await Task.Delay(20, Limit);
        return Math.Max(0, _network.Stats.Undelivered - Bootstrap);
    }
}
