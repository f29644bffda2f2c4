using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Groups;

namespace WhatsApp.Protocol;

// Groups.
public sealed partial class WhatsAppDevice
{
    /// <inheritdoc/>
    public Task<IReadOnlyList<GroupInfo>> ListGroupsAsync(CancellationToken cancellationToken) => _messaging.GroupViews.ListAsync(cancellationToken);

    /// <inheritdoc/>
    public Task<GroupInfo> GetGroupAsync(Jid group, bool refresh, CancellationToken cancellationToken) => _messaging.GroupViews.GetAsync(group, refresh, cancellationToken);
}
