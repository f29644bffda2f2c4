using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage;

/// <summary>
/// The files of messages. Rows are made by <see cref="ISessionStore.CommitAsync"/>, with their message; what becomes of them is written here.
/// Changes name the state they start from: of two that work on one file, one wins.
/// </summary>
public interface IMediaStore
{
    /// <summary>Files of messages of this id, in any chat; newest first, 20 at most.</summary>
    ValueTask<IReadOnlyList<MediaRow>> FindAsync(string instanceId, string messageId, CancellationToken cancellationToken);
    /// <summary>Files wanted or asked for whose time has come, longest due first.</summary>
    ValueTask<IReadOnlyList<MediaRow>> FindDueAsync(string instanceId, long now, int limit, CancellationToken cancellationToken);
    /// <summary>When the next file is due after <paramref name="now"/> (ms since the Unix epoch); null = none waits.</summary>
    ValueTask<long?> NextDueAsync(string instanceId, long now, CancellationToken cancellationToken);
    /// <summary>Writes state, tries, failure and place of a row; the descriptor stays as it is. False when the row is not in state <paramref name="from"/> any more.</summary>
    ValueTask<bool> ChangeAsync(string instanceId, MediaState from, MediaRow row, CancellationToken cancellationToken);
    /// <summary>Stored files of all instances whose time is over.</summary>
    ValueTask<IReadOnlyList<(string InstanceId, MediaRow Row)>> FindExpiredAsync(long now, int limit, CancellationToken cancellationToken);
    /// <summary>Sets the time of an instance's stored files anew: so long after they were stored; null = never.</summary>
    ValueTask SetRetentionAsync(string instanceId, TimeSpan? kept, CancellationToken cancellationToken);
}
