using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Groups;

/// <summary>What a device can tell about groups.</summary>
public interface IDeviceGroups
{
    /// <summary>The groups this account is in, asked now; members with both addresses where known.</summary>
    /// <exception cref="Connection.LinkClosedException">No connection.</exception>
    /// <exception cref="Connection.IqErrorException">The server refused; 429 = too many.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    Task<IReadOnlyList<GroupInfo>> ListGroupsAsync(CancellationToken cancellationToken);

    /// <summary>One group: as known, kept current by notices, or asked.</summary>
    /// <param name="group">…@g.us.</param>
    /// <param name="refresh">Ask even when it is known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="Connection.LinkClosedException">No connection, and it is not known.</exception>
    /// <exception cref="Connection.IqErrorException">403 = not a member, 404 = no such group, 429 = too many.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    Task<GroupInfo> GetGroupAsync(Jid group, bool refresh, CancellationToken cancellationToken);
}
