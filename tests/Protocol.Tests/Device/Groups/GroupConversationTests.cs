using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Store;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Device.Groups;

/// <summary>Group messages through the whole device and the sandbox's network.</summary>
public class GroupConversationTests
{
    [Theory]
    [InlineData(AddressingMode.Lid)]
    [InlineData(AddressingMode.Phone)]
    public async Task Texts_go_to_every_member_and_come_from_every_member(AddressingMode mode)
    {
        await using var rig = await GroupRig.StartAsync(mode);

        var sent = await rig.SendAsync("oi");
        await rig.ReadByAllAsync("oi");
        foreach (var phone in new[] { rig.Bob, rig.Carol })
        {
            phone.SendText(rig.Group.Id.ToString(), $"from {phone.PhoneNumber}");
            var arrived = await rig.ArrivedAsync($"from {phone.PhoneNumber}");
            Assert.Equal((rig.Group.Id, phone.Jid, phone.Jid, phone.Lid, false), (arrived.Chat, arrived.Participant, arrived.FromPhone, arrived.FromLid, arrived.FromMe));
        }
        await rig.SendAsync("tudo bem?");
        await rig.ReadByAllAsync("tudo bem?");

        Assert.Equal((MessageStatus.ServerAck, rig.Group.Id), (sent.Status, sent.To));
        Assert.Equal(0, rig.Rig.Network.Stats.RetryReceipts);
        Assert.Empty(rig.Rig.Network.Stats.LastViolations);
    }

    [Fact]
    public async Task What_our_phone_writes_to_the_group_is_told_as_sent_from_there()
    {
        await using var rig = await GroupRig.StartAsync();

        rig.Rig.Phone.SendText(rig.Group.Id.ToString(), "from the phone");

        Assert.True(await rig.ArrivedAsync("from the phone") is { FromMe: true, Source: "phone" });
    }

    [Fact]
    public async Task The_sender_key_is_given_once_and_marked_only_after_the_ack()
    {
        await using var rig = await GroupRig.StartAsync();

        await rig.SendAsync("first");
        await rig.Store.UntilAsync(store => store.SenderKeyMarks.Count == 3);
        var key = rig.KeyId;
        await rig.SendAsync("second");
        await rig.ReadByAllAsync("second");

        Assert.All(rig.Store.SenderKeyMarks, mark => Assert.Equal((rig.Group.Id, key), (mark.Group, mark.KeyId)));
        var (given, acked) = (rig.Store.Batches.Index().First(batch => batch.Item.SenderKeyMarks.Count > 0), rig.Store.Batches.Index().First(batch => batch.Item.Messages.Values.Any(IsAcked)));
        Assert.True(given.Index >= acked.Index);
        Assert.Equal(key, rig.KeyId);
    }

    [Fact]
    public async Task Receipts_name_the_member_and_come_once_per_state()
    {
        await using var rig = await GroupRig.StartAsync();
        rig.Bob.ReadsAtOnce = true;

        var sent = await rig.SendAsync("oi");
        await rig.Store.UntilAsync(store => Acks(store, sent.MessageId).Contains((rig.Bob.Jid, MessageStatus.Read)) && Acks(store, sent.MessageId).Contains((rig.Carol.Jid, MessageStatus.Delivered)));

        var acks = Acks(rig.Store, sent.MessageId).Where(ack => ack.Item1 is not null).ToList();
        Assert.Equal(acks.Distinct(), acks);
        Assert.DoesNotContain(acks, ack => ack.Item1 == rig.Rig.Phone.Jid);
    }

    [Fact]
    public async Task Everyone_can_be_mentioned_and_a_message_of_a_member_quoted()
    {
        await using var rig = await GroupRig.StartAsync();
        rig.Bob.SendText(rig.Group.Id.ToString(), "question");
        var question = await rig.ArrivedAsync("question");

        await rig.SendAsync(new OutgoingMessage(rig.Group.Id, new OutgoingText("answer")) { MentionsAll = true, Quoted = new MessageReference(question.MessageId) });

        var context = (await GroupRig.ReadAsync(rig.Carol, "answer")).Content!.ExtendedTextMessage.ContextInfo;
        Assert.Equal(new[] { rig.Bob.Lid.ToString(), rig.Carol.Lid.ToString() }.Order(), context.MentionedJid.Order());
        Assert.Equal((question.MessageId, rig.Bob.Lid.ToString()), (context.StanzaId, context.Participant));
    }

    [Fact]
    public async Task A_group_that_does_not_exist_or_that_we_are_not_in_is_refused_with_its_reason()
    {
        await using var rig = await GroupRig.StartAsync();
        var theirs = rig.Rig.Network.AddGroup("Outros", [rig.Bob.PhoneNumber, rig.Carol.PhoneNumber]);

        var unknown = await Assert.ThrowsAsync<SendFailedException>(() => rig.SendAsync(new OutgoingMessage(new("120363999999999999", "g.us"), new OutgoingText("oi"))));
        var foreign = await Assert.ThrowsAsync<SendFailedException>(() => rig.SendAsync(new OutgoingMessage(theirs.Id, new OutgoingText("oi"))));

        Assert.Equal(("chat-not-found", "not-a-group-member"), (unknown.Code, foreign.Code));
        Assert.DoesNotContain(rig.Store.Messages.Values, row => row.FromApi);
    }

    [Theory]
    [InlineData(AddressingMode.Lid)]
    [InlineData(AddressingMode.Phone)]
    public async Task Members_vote_in_polls_react_and_edit(AddressingMode mode)
    {
        await using var rig = await GroupRig.StartAsync(mode);
        var to = rig.Group.Id.ToString();
        var poll = await rig.SendAsync(new OutgoingMessage(rig.Group.Id, new OutgoingPoll("Quando?", ["hoje", "depois"], 1)));
        await rig.Bob.WaitForMessageAsync(message => message.MessageId == poll.MessageId, default).WaitAsync(DeviceRig.Patience);

        rig.Bob.Send(new PhoneWriting(to, "pollVote", null, Target: poll.MessageId, Options: ["depois"]));
        rig.Bob.Send(new PhoneWriting(to, "reaction", "👍", Target: poll.MessageId));
        var text = rig.Bob.SendText(to, "antes");
        rig.Bob.Send(new PhoneWriting(to, "edit", "depois", Target: text));
        await rig.Store.UntilAsync(store => store.Events.OfType<MessageArrived>().Any(message => message.Message is { Type: "edited", FromMe: false }));

        var vote = Assert.Single(rig.Store.Events.OfType<PollVoted>());
        Assert.True(vote.Readable);
        Assert.Equal((poll.MessageId, rig.Group.Id, rig.Bob.Jid, "depois"), (vote.PollMessageId, vote.Chat, vote.Voter, vote.SelectedOptions.Single()));
        var told = rig.Store.Events.OfType<MessageArrived>().Select(arrived => arrived.Message).Where(message => !message.FromMe).ToDictionary(message => message.Type);
        Assert.Equal((poll.MessageId, true, "👍"), (told["reaction"].Target!.MessageId, told["reaction"].Target!.FromMe, told["reaction"].Text));
        Assert.Equal((text, "antes", "depois"), (told["edited"].Target!.MessageId, told["edited"].Target!.PreviousText, told["edited"].Text));
    }

    [Theory]
    [InlineData("421")]
    [InlineData("479")]
    public async Task A_message_refused_for_stale_knowledge_goes_out_again_under_its_id(string nack)
    {
        await using var rig = await GroupRig.StartAsync();
        await rig.SendAsync("first");
        rig.Rig.Network.Faults.Add(new Fault { Kind = FaultKind.Nack, Code = nack });

        var sent = await rig.SendAsync("second");

        await rig.ReadByAllAsync("second");
        Assert.Equal(sent.MessageId, rig.Bob.Messages.Single(message => message.Text == "second").MessageId);
    }

    [Fact]
    public async Task Where_only_admins_write_we_are_told_so()
    {
        await using var rig = await GroupRig.StartAsync();
        var theirs = rig.Rig.Network.AddGroup("Avisos", [rig.Bob.PhoneNumber, rig.Rig.Phone.PhoneNumber]);
        await rig.Store.EventAsync<GroupJoined>(skip: 1);
        theirs.LetAdminsWriteOnly();
        var told = await rig.Store.EventAsync<GroupUpdated>();

        var refused = await Assert.ThrowsAsync<SendFailedException>(() => rig.SendAsync(new OutgoingMessage(theirs.Id, new OutgoingText("oi"))));

        Assert.Equal("group-admins-only", refused.Code);
        Assert.True(Assert.Single(told.Changed) is { Name: "announcement", On: true });
    }

    private static bool IsAcked(StoredMessage row) => row is { FromApi: true, Status: >= MessageStatus.ServerAck and < MessageStatus.Failed };

    private static List<(Jid?, MessageStatus)> Acks(InMemoryDeviceStore store, string id) =>
        [.. store.Events.OfType<MessageAcked>().Where(ack => ack.MessageIds.Contains(id)).Select(ack => (ack.Participant, ack.Status))];
}
