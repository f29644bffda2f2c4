using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Sandbox.Faults;
using WhatsApp.Sandbox.Phones;

namespace WhatsApp.Protocol.Tests.Device.Groups;

/// <summary>Sender keys when members and devices come and go, keys are lost and processes die.</summary>
public class GroupKeyTests
{
    [Fact]
    public async Task After_a_member_left_the_next_message_has_a_key_that_he_never_gets()
    {
        await using var rig = await GroupRig.StartAsync();
        await rig.SendAsync("with Carol");
        await rig.ReadByAllAsync("with Carol");
        var before = rig.KeyId;

        rig.Group.Remove(rig.Carol.PhoneNumber);
        await rig.Store.EventAsync<GroupParticipantsChanged>();
        await rig.SendAsync("without Carol");
        await GroupRig.ReadAsync(rig.Bob, "without Carol");

        Assert.NotEqual(before, rig.KeyId);
        Assert.DoesNotContain(rig.Carol.Messages, message => message.Text == "without Carol");
        await rig.Store.UntilAsync(store => store.SenderKeyMarks.Count == 2);
        Assert.All(rig.Store.SenderKeyMarks, mark => Assert.Equal(rig.KeyId, mark.KeyId));
        Assert.Equal(0, rig.Rig.Network.Stats.RetryReceipts);
    }

    [Fact]
    public async Task A_new_member_reads_from_then_on_without_asking()
    {
        await using var rig = await GroupRig.StartAsync();
        await rig.SendAsync("before");
        await rig.ReadByAllAsync("before");
        var key = rig.KeyId;
        var dora = rig.Rig.Network.AddPhone("5511900000004", "Dora");

        rig.Group.Add(dora.PhoneNumber);
        await rig.Store.EventAsync<GroupParticipantsChanged>();
        await rig.SendAsync("welcome");

        await GroupRig.ReadAsync(dora, "welcome");
        await rig.ReadByAllAsync("welcome");
        Assert.Equal(key, rig.KeyId);
        Assert.Equal(0, rig.Rig.Network.Stats.RetryReceipts);
    }

    [Fact]
    public async Task A_members_new_device_that_we_did_not_know_of_is_completed_by_the_hash_in_the_ack()
    {
        await using var rig = await GroupRig.StartAsync();
        await rig.SendAsync("before");
        await rig.ReadByAllAsync("before");
        var companion = await rig.LinkAsync(rig.Bob);

        await rig.SendAsync("to every device");

        await companion.UntilAsync(store => store.Events.OfType<MessageArrived>().Any(message => message.Message.Text == "to every device"));
        Assert.Single(rig.Bob.Messages, message => message.Text == "to every device");
    }

    [Fact]
    public async Task After_a_member_unlinked_a_device_the_next_message_has_a_new_key()
    {
        await using var rig = await GroupRig.StartAsync();
        var companion = await rig.LinkAsync(rig.Bob);
        await rig.SendAsync("to every device");
        await companion.UntilAsync(store => store.Events.OfType<MessageArrived>().Any(message => message.Message.Text == "to every device"));
        await rig.Store.UntilAsync(store => store.SenderKeyMarks.Count == 4);
        var (before, gone) = (rig.KeyId, rig.Bob.Companions.Single());

        rig.Bob.Unlink(gone);
        // Nobody told us: the hash in the ack does, and the message after that has the new key.
        await rig.SendAsync("finds out");
        await rig.Store.UntilAsync(store => !store.DeviceLists.TryGetValue(rig.Bob.Lid, out var list) || list.Devices.Count == 1);
        await rig.SendAsync("knows");
        await rig.ReadByAllAsync("knows");

        Assert.NotEqual(before, rig.KeyId);
        await rig.Store.UntilAsync(store => store.SenderKeyMarks.Count == 3);
        Assert.Equal(0, rig.Rig.Network.Stats.RetryReceipts);
    }

    [Fact]
    public async Task A_device_that_lost_our_key_asks_and_reads_this_and_the_next_message()
    {
        await using var rig = await GroupRig.StartAsync();
        await rig.SendAsync("first");
        await rig.ReadByAllAsync("first");
        rig.Bob.LoseSenderKeys(rig.Group.Id);

        await rig.SendAsync("second");
        await rig.ReadByAllAsync("second");
        await rig.SendAsync("third");
        await rig.ReadByAllAsync("third");

        Assert.Equal(1, rig.Rig.Network.Stats.RetryReceipts);
    }

    [Fact]
    public async Task A_key_that_we_lost_is_asked_for_and_the_message_is_told_once_in_the_end()
    {
        await using var rig = await GroupRig.StartAsync();
        rig.Bob.SendText(rig.Group.Id.ToString(), "first");
        await rig.ArrivedAsync("first");
        await rig.Device.DisposeAsync();
        var lost = new DeviceBatch();
        foreach (var name in rig.Store.SenderKeys.Keys)
            lost.SenderKeys[name] = null;
        await rig.Store.CommitAsync(lost, default);
        rig.Device = rig.Rig.Start();
        await rig.Device.UntilAsync(DeviceStatus.Open);

        rig.Bob.SendText(rig.Group.Id.ToString(), "second");
        var second = await rig.ArrivedAsync("second");
        rig.Bob.SendText(rig.Group.Id.ToString(), "third");
        await rig.ArrivedAsync("third");

        Assert.Equal((rig.Group.Id, rig.Bob.Jid), (second.Chat, second.Participant));
        Assert.Equal(second.MessageId, Assert.Single(rig.Store.Events.OfType<MessageUndecryptable>()).MessageId);
        Assert.Equal(1, rig.Rig.Network.Stats.RetryReceipts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_group_message_corrupted_on_the_way_to_us_is_recovered(bool afterTheFirst)
    {
        await using var rig = await GroupRig.StartAsync();
        if (afterTheFirst)
        {
            rig.Bob.SendText(rig.Group.Id.ToString(), "first");
            await rig.ArrivedAsync("first");
        }
        rig.Rig.Network.Faults.Add(new Fault { Kind = FaultKind.Corrupt, DeviceJid = rig.Store.Credentials!.Jid.ToString() });

        rig.Bob.SendText(rig.Group.Id.ToString(), "oi");

        await rig.ArrivedAsync("oi");
        Assert.Equal(1, rig.Rig.Network.Stats.RetryReceipts);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_process_that_dies_between_commit_and_ack_sends_again_under_the_same_id_and_everyone_reads_it_once(bool serverHadIt)
    {
        await using var rig = await GroupRig.StartAsync();
        VirtualPhone[] phones = [rig.Rig.Phone, rig.Bob, rig.Carol];
        var dead = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (serverHadIt)
        {
            // No ack, whatever else is sent meanwhile, and nobody whose receipt would tell that the server has it.
            rig.Rig.Network.Faults.Add(new Fault { Kind = FaultKind.HoldAcks, Count = 1000 });
            foreach (var phone in phones)
                phone.GoOffline();
        }
        else
            rig.Store.AfterCommit = (_, batch) =>
            {
                if (dead.Task.IsCompleted || !batch.Messages.Values.Any(row => row is { FromApi: true, Status: MessageStatus.Pending }))
                    return;
                dead.SetResult();
                rig.Device.Kill();
                rig.Device.Killed.ThrowIfCancellationRequested();
            };
        var relayed = rig.Rig.Network.Stats.MessagesRelayed;
        _ = rig.SendAsync("important").ContinueWith(_ => { }, TaskScheduler.Default);
        if (serverHadIt)
        {
            while (rig.Rig.Network.Stats.MessagesRelayed == relayed || !rig.Store.Messages.Values.Any(row => row.FromApi))
                await Task.Delay(10, TestContext.Current.CancellationToken);
            rig.Device.Kill();
        }
        await rig.Device.Run.WaitAsync(DeviceRig.Patience);
        rig.Store.AfterCommit = null;
        var id = rig.Store.Messages.Values.Single(row => row.FromApi).Key.Id;
        Assert.Empty(rig.Store.SenderKeyMarks);
        rig.Rig.Network.Faults.Clear();
        foreach (var phone in phones)
            phone.GoOnline();

        rig.Rig.Store = rig.Store.NextOwner();
        rig.Device = rig.Rig.Start();
        await rig.Store.UntilAsync(store => store.Messages.Values.Any(row => row is { FromApi: true, Status: >= MessageStatus.ServerAck and < MessageStatus.Failed }));
        await rig.SendAsync("after");

        await rig.ReadByAllAsync("after");
        await rig.ReadByAllAsync("important");
        Assert.All(phones, phone => Assert.Equal(id, phone.Messages.Single(message => message.Text == "important").MessageId));
    }
}
