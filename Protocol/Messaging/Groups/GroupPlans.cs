using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>Who gets a group message (wire/04 §6).</summary>
/// <param name="Info">The group it was made from.</param>
/// <param name="Sender">Our own device, in the group's form.</param>
/// <param name="Devices">Every other device of every member, in the group's form.</param>
/// <param name="Guessed">Members whose device list the server did not give.</param>
internal sealed record GroupPlan(GroupInfo Info, Jid Sender, IReadOnlyList<Jid> Devices, IReadOnlySet<Jid> Guessed)
{
    /// <summary>Hash of all devices, ours included (wire/04 §5).</summary>
    public string Hash { get; } = ParticipantHash.Compute(Devices.Append(Sender));
}

/// <summary>
/// Makes plans, and keeps the last ones: with a thousand members the list is made once and not for every message.
/// </summary>
internal sealed class GroupPlans(IDeviceLink link, GroupDirectory directory, DeviceLists lists)
{
    private static readonly TimeSpan MaxAge = TimeSpan.FromHours(1);
    private readonly LruCache<Jid, (GroupPlan Plan, long Version, DateTimeOffset At)> _plans = new(8);

    /// <summary>The plan for a group.</summary>
    /// <exception cref="SendFailedException">The account may not write there.</exception>
    /// <exception cref="IqErrorException">The group could not be asked for.</exception>
    /// <exception cref="LinkClosedException">The server could not be asked.</exception>
    public async Task<GroupPlan> GetAsync(Jid group, CancellationToken cancellationToken)
    {
        var info = await directory.GetAsync(group, cancellationToken);
        var now = link.Time.GetUtcNow();
        // Read before the lists: what changes while they are read makes another plan next time.
        var version = lists.Version;
        if (_plans.TryGet(group, out var kept) && ReferenceEquals(kept.Plan.Info, info) && kept.Version == version && now - kept.At < MaxAge)
            return kept.Plan;
        var plan = await MakeAsync(info, cancellationToken);
        _plans.Set(group, (plan, version, now));
        return plan;
    }

    /// <summary>Asks the server for the group and all its members' devices.</summary>
    public async Task RefreshAsync(Jid group, CancellationToken cancellationToken)
    {
        var info = await directory.RefreshAsync(group, cancellationToken);
        await lists.RefreshAsync([.. info.Members.Select(member => member.Jid)], cancellationToken);
    }

    private async Task<GroupPlan> MakeAsync(GroupInfo info, CancellationToken cancellationToken)
    {
        var sender = GroupAddressing.OwnDevice(link.Credentials, info.Addressing);
        var own = info.Find(sender) ?? info.Find(link.Credentials.Jid!.Value) ?? throw GroupFailures.NotAMember();
        if (info.Has(GroupSetting.Announcement) && !own.IsAdmin)
            throw GroupFailures.AdminsOnly();
        var accounts = info.Members.Select(member => member.Jid).Distinct().ToList();
        var devices = await lists.GetAsync(accounts, cancellationToken);
        return new GroupPlan(info, sender,
            [.. accounts.SelectMany(account => devices[account].Select(account.WithDevice)).Where(device => device != sender && !device.IsHosted)],
            accounts.Where(account => DeviceLists.IsGuess(devices[account])).ToHashSet());
    }
}
