using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Groups;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>Groups for people to look at: members with both addresses where the map knows them.</summary>
internal sealed class GroupViews(GroupDirectory directory, LidDirectory lids)
{
    /// <summary>See <see cref="IDeviceGroups.ListGroupsAsync"/>.</summary>
    public async Task<IReadOnlyList<GroupInfo>> ListAsync(CancellationToken cancellationToken) =>
        await CompleteAsync(await directory.ListAsync(cancellationToken), cancellationToken);

    /// <summary>See <see cref="IDeviceGroups.GetGroupAsync"/>.</summary>
    public async Task<GroupInfo> GetAsync(Jid group, bool refresh, CancellationToken cancellationToken)
    {
        var info = refresh ? await directory.RefreshAsync(group, cancellationToken) : await directory.GetAsync(group, cancellationToken);
        return (await CompleteAsync([info], cancellationToken))[0];
    }

    private async ValueTask<IReadOnlyList<GroupInfo>> CompleteAsync(IReadOnlyList<GroupInfo> groups, CancellationToken cancellationToken)
    {
        var others = await lids.LoadAsync(groups.SelectMany(group => group.Members).Where(member => member.Phone is null || member.Lid is null).Select(member => member.Jid), cancellationToken);
        return [.. groups.Select(group => group with { Members = [.. group.Members.Select(Complete)] })];

        GroupMember Complete(GroupMember member) => others.GetValueOrDefault(member.Jid) is not { } other ? member
            : member with { Phone = member.Phone ?? (other.IsPhone ? other : null), Lid = member.Lid ?? (other.IsLid ? other : null) };
    }
}
