using Orleans.Concurrency;

namespace WhatsApp.Grains.Abstractions.Groups;

/// <summary>
/// The groups of one instance: the same activation as <see cref="Instances.IInstanceGrain"/>. Key: the instance id.
/// Failures come as <see cref="InstanceProblemException"/>.
/// </summary>
/// <remarks>Interleaves: calls only wait for the server.</remarks>
[Alias("wa.IGroupsGrain")]
public interface IGroupsGrain : IGrainWithStringKey
{
    /// <summary>The groups the account is in, in id order, asked now.</summary>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:00")]
    [Alias("List")]
    Task<IReadOnlyList<GroupReport>> ListGroupsAsync(bool participants, CancellationToken cancellationToken = default);

    /// <summary>One group with its members.</summary>
    /// <param name="group">JID text.</param>
    /// <param name="refresh">Ask WhatsApp even when it is known.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <remarks>Problems: chat-not-found, not-a-group-member, and those of every question.</remarks>
    [AlwaysInterleave]
    [ResponseTimeout("00:01:00")]
    [Alias("Get")]
    Task<GroupReport> GetGroupAsync(string group, bool refresh, CancellationToken cancellationToken = default);
}
