using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Abstractions.Security;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Storage;

/// <summary>
/// Session data of all instances, fenced by epoch (orleans-notes §3). SQLite and PostgreSQL implement it alike; one behavioural test suite runs over both.
/// Secrets (credentials, sessions, identities' private parts, pre-keys, message content, event bodies) are sealed under the data key.
/// </summary>
public interface ISessionStore
{
    /// <summary>Takes ownership: bumps the epoch and names the owner. Returns what the new owner starts from.</summary>
    /// <exception cref="InstanceGoneException">No such instance.</exception>
    ValueTask<Ownership> ClaimAsync(string instanceId, string owner, CancellationToken cancellationToken);

    /// <summary>Clears the owner if the epoch still holds (clean deactivation).</summary>
    ValueTask ReleaseAsync(string instanceId, long epoch, CancellationToken cancellationToken);

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
    /// <summary>See <see cref="IDeviceStore.LoadPreKeysAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<uint, PreKey>> LoadPreKeysAsync(string instanceId, IReadOnlyCollection<uint> ids, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadUnuploadedPreKeysAsync"/>.</summary>
    ValueTask<IReadOnlyList<PreKey>> LoadUnuploadedPreKeysAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadLidMappingsAsync"/>.</summary>
    ValueTask<IReadOnlyList<LidMapping>> LoadLidMappingsAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadDeviceListsAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<Jid, DeviceListEntry>> LoadDeviceListsAsync(string instanceId, IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadMessagesAsync"/>.</summary>
    ValueTask<IReadOnlyDictionary<MessageKey, StoredMessage>> LoadMessagesAsync(string instanceId, IReadOnlyCollection<MessageKey> keys, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadOutgoingAsync"/>.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadOutgoingAsync(string instanceId, IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken);
    /// <summary>See <see cref="IDeviceStore.LoadPendingAsync"/>.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadPendingAsync(string instanceId, int limit, CancellationToken cancellationToken);
}

/// <summary>The instance row is gone.</summary>
public sealed class InstanceGoneException(string instanceId) : Exception($"instance {instanceId} does not exist");

/// <summary>What a new owner starts from.</summary>
/// <param name="Epoch">Every commit names it.</param>
/// <param name="LastSequence">Number of the last event; the next one gets +1.</param>
/// <param name="Definition">The instance as created.</param>
public sealed record Ownership(long Epoch, long LastSequence, InstanceDefinition Definition);

/// <summary>An instance as created and configured. Webhook secrets included (sealed at rest).</summary>
public sealed record InstanceDefinition(string InstanceId, CreateInstance Request, bool Desired, DateTimeOffset CreatedAt);

/// <summary>One transaction of an instance's owner.</summary>
/// <param name="Device">What the device changed.</param>
/// <param name="Outbox">Rows for the webhook grain; bodies are fixed here.</param>
/// <param name="LastSequence">Counter after this batch.</param>
/// <param name="Status">New status line, or null = unchanged.</param>
/// <param name="Desired">New desired state, or null = unchanged.</param>
public sealed record SessionBatch(DeviceBatch Device, IReadOnlyList<OutboxRow> Outbox, long LastSequence, StatusLine? Status = null, bool? Desired = null);

/// <summary>Last known state of an instance, for lists: never wakes a grain.</summary>
public sealed record StatusLine(string Status, string? Jid, string? Lid, string? PushName, DateTimeOffset? ConnectedAt, DateTimeOffset? LastSeenAt, DisconnectReport? LastDisconnect);

/// <summary>One event for one endpoint. Unique by (instance, endpoint, sequence).</summary>
/// <param name="EndpointId">Which webhook.</param>
/// <param name="Sequence">Order within the instance.</param>
/// <param name="EventId">evt_ + ULID: same on every retry.</param>
/// <param name="EventName">e.g. message.received.</param>
/// <param name="Body">JSON bytes, sent as they are.</param>
/// <param name="CreatedAt">Milliseconds since the Unix epoch.</param>
public sealed record OutboxRow(string EndpointId, long Sequence, string EventId, string EventName, byte[] Body, long CreatedAt)
{
    /// <summary>Deliveries tried so far.</summary>
    public int Attempts { get; init; }
    /// <summary>Not before, milliseconds since the Unix epoch.</summary>
    public long DueAt { get; init; }
}

/// <summary>The durable queue of events (orleans-notes §6).</summary>
public interface IOutboxStore
{
    /// <summary>
    /// Claims rows in sequence order, oldest first, for one endpoint: stops at the first row that is not due or claimed, so order holds.
    /// Claimed rows are invisible to other claims for <paramref name="visibility"/>.
    /// </summary>
    ValueTask<IReadOnlyList<OutboxRow>> ClaimAsync(string instanceId, string endpointId, int limit, TimeSpan visibility, CancellationToken cancellationToken);
    /// <summary>Delivered: delete.</summary>
    ValueTask DeleteAsync(string instanceId, string endpointId, IReadOnlyCollection<long> sequences, CancellationToken cancellationToken);
    /// <summary>Failed: try again at <paramref name="dueAt"/> (ms since the Unix epoch), attempts as given; releases the claims of <paramref name="release"/> untried.</summary>
    ValueTask RescheduleAsync(string instanceId, string endpointId, long sequence, int attempts, long dueAt, IReadOnlyCollection<long> release, CancellationToken cancellationToken);
    /// <summary>Given up: move to the dead letters with the reason.</summary>
    ValueTask BuryAsync(string instanceId, string endpointId, long sequence, int attempts, string reason, CancellationToken cancellationToken);
    /// <summary>Earliest due time per endpoint with rows waiting (ms since the Unix epoch).</summary>
    ValueTask<IReadOnlyDictionary<string, long>> NextDueAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>Instances with rows due for longer than <paramref name="age"/> that nobody has claimed: for the sweeper.</summary>
    ValueTask<IReadOnlyList<string>> FindNeglectedAsync(TimeSpan age, int limit, CancellationToken cancellationToken);
    /// <summary>Rows waiting per instance (0 when absent).</summary>
    ValueTask<IReadOnlyDictionary<string, int>> CountAsync(IReadOnlyCollection<string> instanceIds, CancellationToken cancellationToken);
}

/// <summary>Which instances exist and should run.</summary>
public interface IInstanceRegistry
{
    /// <summary>Inserts; false when the id is taken.</summary>
    ValueTask<bool> TryCreateAsync(InstanceDefinition definition, CancellationToken cancellationToken);
    /// <summary>The definition, or null.</summary>
    ValueTask<InstanceDefinition?> FindAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>Deletes the instance and all its rows in one transaction (outbox and messages too when <paramref name="purge"/>). False when it was not there.</summary>
    ValueTask<bool> DeleteAsync(string instanceId, bool purge, CancellationToken cancellationToken);
    /// <summary>A page for lists, from status lines.</summary>
    ValueTask<InstancePage> ListAsync(InstanceQuery query, CancellationToken cancellationToken);
    /// <summary>One summary, or null.</summary>
    ValueTask<InstanceSummary?> FindSummaryAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>Desired instances, recently active first: id and current owner (silo address text) or null.</summary>
    ValueTask<IReadOnlyList<(string InstanceId, string? Owner)>> ListDesiredAsync(CancellationToken cancellationToken);
}

/// <summary>API keys (hash → info) and idempotency answers.</summary>
public interface IGatewayStore
{
    /// <summary>Inserts or replaces a key.</summary>
    ValueTask PutKeyAsync(string keyHash, ApiKeyInfo info, string name, CancellationToken cancellationToken);
    /// <summary>The key, or null.</summary>
    ValueTask<ApiKeyInfo?> FindKeyAsync(string keyHash, CancellationToken cancellationToken);
    /// <summary>True when any admin key exists.</summary>
    ValueTask<bool> HasAdminKeyAsync(CancellationToken cancellationToken);
    /// <summary>Removes the keys bound to an instance.</summary>
    ValueTask DeleteKeysOfAsync(string instanceId, CancellationToken cancellationToken);
    /// <summary>Idempotency entry: body hash and answer (null = still running), or null. Expired entries are absent.</summary>
    ValueTask<(string BodyHash, StoredAnswer? Answer)?> FindAnswerAsync(string key, CancellationToken cancellationToken);
    /// <summary>Writes an idempotency entry.</summary>
    ValueTask PutAnswerAsync(string key, string bodyHash, StoredAnswer? answer, DateTimeOffset expiresAt, CancellationToken cancellationToken);
    /// <summary>Removes one.</summary>
    ValueTask DeleteAnswerAsync(string key, CancellationToken cancellationToken);
}
