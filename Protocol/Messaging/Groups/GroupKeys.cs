using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>Our sender key was given to these devices by a message that the server has not acknowledged yet.</summary>
internal sealed record GivenKey(Jid Group, uint KeyId, IReadOnlyList<SignalAddress> Devices)
{
    /// <summary>Marks the devices: the server took the message.</summary>
    public void Mark(StepView view)
    {
        foreach (var device in Devices)
            view.Step.Batch.SenderKeyMarks[new SenderKeyMark(Group, KeyId, device)] = true;
    }
}

/// <summary>Our sender key as a step uses it, and who still lacks it. A new one replaces what there was: <see cref="GroupKeys.Drop"/> before setting it.</summary>
internal sealed record OwnGroupKey(SenderKeyName Name, SenderKeyRecord Record, IReadOnlyList<Jid> Lacking, bool IsNew = false);

/// <summary>
/// Our own sender keys (wire/03 §7, wire/04 §6): one per group, given to every device once, and replaced when somebody who has it is out.
/// </summary>
internal sealed class GroupKeys(IDeviceStore store)
{
    // Groups in which everybody of this plan has this key: no marks to look at.
    private readonly LruCache<Jid, (GroupPlan Plan, uint KeyId)> _complete = new(32);

    /// <summary>Marks changed somewhere.</summary>
    public void Recheck() => _complete.Clear();

    /// <summary>The key to encrypt with; nothing is changed yet. Addresses of the plan's members must have been loaded.</summary>
    public async ValueTask<OwnGroupKey> OpenAsync(StepView view, GroupPlan plan, CancellationToken cancellationToken)
    {
        var group = plan.Info.Id;
        var name = new SenderKeyName(group, SignalAddress.Of(plan.Sender));
        await view.SenderKeys.LoadAsync(group, [name.Sender], cancellationToken);
        if (view.SenderKeys.Find(name) is { IsOwn: true, KeyId: { } id } record)
        {
            if (_complete.TryGet(group, out var complete) && complete.KeyId == id && ReferenceEquals(complete.Plan, plan))
                return new OwnGroupKey(name, record, []);
            var marked = await MarksAsync(view, group, id, cancellationToken);
            if (AllAreIn(view, plan, marked))
            {
                List<Jid> lacking = [.. plan.Devices.Where(device => !marked.Contains(view.Lids.AddressOf(device)))];
                if (lacking.Count == 0)
                    view.Step.AfterCommit.Add(() => _complete.Set(group, (plan, id)));
                return new OwnGroupKey(name, record, lacking);
            }
        }
        return new OwnGroupKey(name, SenderKeyRecord.NewOwn(), plan.Devices, IsNew: true);
    }

    /// <summary>The key of a group for one device alone, made when there is none.</summary>
    public static async ValueTask<SenderKeyRecord> ForOneAsync(StepView view, GroupInfo info, CancellationToken cancellationToken)
    {
        var name = new SenderKeyName(info.Id, SignalAddress.Of(GroupAddressing.OwnDevice(view.Credentials, info.Addressing)));
        await view.SenderKeys.LoadAsync(info.Id, [name.Sender], cancellationToken);
        if (view.SenderKeys.Find(name) is { IsOwn: true } known)
            return known;
        var made = SenderKeyRecord.NewOwn();
        view.SenderKeys.Set(name, made);
        view.Step.Batch.DroppedSenderKeyMarks.Add(info.Id);
        return made;
    }

    /// <summary>The next message to the group gets a new key, which nobody has.</summary>
    public static void Drop(StepView view, Jid group)
    {
        foreach (var own in new[] { view.Credentials.Jid, view.Credentials.Lid })
            if (own is { } device)
                view.SenderKeys.Remove(new SenderKeyName(group, SignalAddress.Of(device)));
        view.Step.Batch.DroppedSenderKeyMarks.Add(group);
    }

    /// <summary>What a device needs to read our next messages, as content of a message. Take it before encrypting the next one.</summary>
    public static Schema.Message.Types.SenderKeyDistributionMessage Distribution(Jid group, SenderKeyRecord own) => new()
    {
        GroupId = group.ToString(),
        AxolotlSenderKeyDistributionMessage = ByteString.CopyFrom(SenderKeyDistribution.Create(own)),
    };

    // Marks made under a phone number hold for the LID that was learned since.
    private async ValueTask<HashSet<SignalAddress>> MarksAsync(StepView view, Jid group, uint keyId, CancellationToken cancellationToken)
    {
        var marks = await store.LoadSenderKeyMarksAsync(group, keyId, cancellationToken);
        await view.Lids.LoadAsync(marks.Where(mark => mark.Server == Jid.PhoneServer).Select(mark => mark.ToJid().ToAccount()), cancellationToken);
        return [.. marks.Select(mark => view.Lids.AddressOf(mark.ToJid()))];
    }

    // A device that has the key and is not to get the message is out: a member left, or unlinked it. A list that is a guess proves nothing.
    private static bool AllAreIn(StepView view, GroupPlan plan, HashSet<SignalAddress> marked)
    {
        if (marked.Count == 0)
            return true;
        HashSet<SignalAddress> inside = [.. plan.Devices.Select(view.Lids.AddressOf)];
        HashSet<Jid> guessed = [.. plan.Guessed.Select(account => view.Lids.AddressOf(account).ToJid())];
        return marked.All(device => inside.Contains(device) || guessed.Contains(device.ToJid().ToAccount()));
    }
}
