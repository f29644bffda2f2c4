using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Groups;
using WhatsApp.Grains.Groups;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Grains.Instances;

// Groups.
internal sealed partial class InstanceGrain : IGroupsGrain
{
    public async Task<IReadOnlyList<GroupReport>> ListGroupsAsync(bool participants, CancellationToken cancellationToken)
    {
        var groups = await AskDeviceAsync(device => device.ListGroupsAsync(cancellationToken));
        return [.. groups.OrderBy(group => group.Id.User, StringComparer.Ordinal).Select(group => GroupReports.Of(group, participants))];
    }

    public async Task<GroupReport> GetGroupAsync(string group, bool refresh, CancellationToken cancellationToken) =>
        await AskDeviceAsync(async device =>
        {
            try
            {
                return GroupReports.Of(await device.GetGroupAsync(Jid.Parse(group), refresh, cancellationToken), participants: true);
            }
            catch (IqErrorException refused) when (refused.Code is 404 or 410)
            {
                throw new InstanceProblemException("chat-not-found", "there is no such group");
            }
            catch (IqErrorException refused) when (refused.Code is 401 or 403 or 405)
            {
                throw new InstanceProblemException("not-a-group-member", "this account is not a member of the group");
            }
        });
}
