using WhatsApp.Grains.Abstractions.Contacts;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage;

/// <summary>
/// Session data of all instances, fenced by epoch (orleans-notes §3). SQLite and PostgreSQL implement it alike; one behavioural test suite runs over both.
/// Secrets (credentials, sessions, sender keys, identities' private parts, pre-keys, message content, event bodies) are sealed under the data key.
/// </summary>
public interface ISessionStore
{
    /// <summary>Takes ownership: bumps the epoch, names the owner, and records a move when the last one was another node. Returns what the new owner starts from.</summary>
    /// <exception cref="InstanceGoneException">No such instance.</exception>
    ValueTask<Ownership> ClaimAsync(string instanceId, string owner, CancellationToken cancellationToken);

    /// <summary>Clears the owner if the epoch still holds (clean deactivation).</summary>
    /// <param name="instanceId">The instance.</param>
    /// <param name="epoch">The owner's.</param>
    /// <param name="reason">Of the move, if another node takes it: see <see cref="MoveReasons"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    ValueTask ReleaseAsync(string instanceId, long epoch, string reason, CancellationToken cancellationToken);

    /// <summary>One fenced transaction: device batch, outbox rows, event counter and status line.</summary>
    /// <exception cref="FencedException">The epoch moved.</exception>
    ValueTask CommitAsync(string instanceId, long epoch, SessionBatch batch, CancellationToken cancellationToken);

    /// <summary>See <see cref="IDeviceStore.LoadCredentialsAsync"/>.</summary>
    ValueTask<DeviceCredentials?> LoadCredentialsAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadSessionsAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsAsync(string instanceId, IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadSessionsOfAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsOfAsync(string instanceId, Jid account, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadIdentitiesAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadIdentitiesAsync(string instanceId, IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadSenderKeysAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSenderKeysAsync(string instanceId, Jid group, IReadOnlyCollection<SignalAddress> senders, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadSenderKeysOfAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<SenderKeyName, byte[]>> LoadSenderKeysOfAsync(string instanceId, Jid account, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadSenderKeyMarksAsync"/>.</summary>
    ValueTask<IReadOnlySet<SignalAddress>> LoadSenderKeyMarksAsync(string instanceId, Jid group, uint keyId, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadPreKeysAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<uint, PreKey>> LoadPreKeysAsync(string instanceId, IReadOnlyCollection<uint> ids, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadUnuploadedPreKeysAsync"/>.</summary>
    ValueTask<IReadOnlyList<PreKey>> LoadUnuploadedPreKeysAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadLidMappingsAsync"/>.</summary>
    ValueTask<IReadOnlyList<LidMapping>> LoadLidMappingsAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken);
    /// <summary>A page of the phone ↔ LID pairs that hold now, in order of phone number; the total without paging; whether there are more.</summary>
    ValueTask<(IReadOnlyList<LidMapping> Rows, int Total, bool More)> ListLidMappingsAsync(string instanceId, LidMappingQuery query, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadDeviceListsAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<Jid, DeviceListEntry>> LoadDeviceListsAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadMessagesAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<MessageKey, StoredMessage>> LoadMessagesAsync(string instanceId, IReadOnlyCollection<MessageKey> keys, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadOutgoingAsync"/>.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadOutgoingAsync(string instanceId, IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadReceivedAsync"/>.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadReceivedAsync(string instanceId, IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadUnreadAsync"/>.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadUnreadAsync(string instanceId, IReadOnlyCollection<Jid> chats, int newest, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.FindMessagesAsync"/>.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> FindMessagesAsync(string instanceId, string messageId, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadPollVotesAsync"/>.</summary>
    ValueTask<IReadOnlyList<PollVote>> LoadPollVotesAsync(string instanceId, MessageKey poll, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadPrivacyTokensAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<Jid, PrivacyToken>> LoadPrivacyTokensAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadChatTimersAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<Jid, ChatTimer>> LoadChatTimersAsync(string instanceId, IReadOnlyCollection<Jid> chats, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadPendingAsync"/>.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadPendingAsync(string instanceId, long dueBy, int limit, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadDueAsync"/>.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadDueAsync(string instanceId, long after, long until, int limit, CancellationToken cancellationToken);
    /// <summary>How many messages wait in the queue, and how many of them would go before one of this due time (ms since the Unix epoch, 0 = at once) and priority made now.</summary>
    ValueTask<(int Ahead, int Total)> CountQueuedAsync(string instanceId, long dueAt, int priority, CancellationToken cancellationToken);
    /// <summary>A page of the messages that wait in the queue, oldest first, after the row made at this time (ms since the Unix epoch) with this id.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> ListQueuedAsync(string instanceId, (long CreatedAt, string Id) after, int limit, CancellationToken cancellationToken);
}
