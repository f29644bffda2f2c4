using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;

namespace WhatsApp.Protocol.Store;

/// <summary>
/// What the host of one device keeps for it. Loads read committed state; everything durable changes only through
/// <see cref="CommitAsync"/>, in one transaction, fenced by the host (architecture §5.2).
/// </summary>
/// <remarks>The device calls from one logical thread. Implementations may cache nothing; the device caches sessions itself.</remarks>
public interface IDeviceStore
{
    /// <summary>The device's own keys and login data; null for a device that never started.</summary>
    ValueTask<DeviceCredentials?> LoadCredentialsAsync(CancellationToken cancellationToken);

    /// <summary>Session records found (absent addresses are absent).</summary>
    ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsAsync(IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken);

    /// <summary>All session records of one account (every device): for PN → LID migration and identity changes.</summary>
    ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsOfAsync(Jid account, CancellationToken cancellationToken);

    /// <summary>Trusted remote identities, raw 32 bytes.</summary>
    ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadIdentitiesAsync(IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken);

    /// <summary>Sender-key records of these devices in one group; those not found are absent.</summary>
    ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSenderKeysAsync(Jid group, IReadOnlyCollection<SignalAddress> senders, CancellationToken cancellationToken);

    /// <summary>All sender-key records of one account (every group and device): for PN → LID migration and identity changes.</summary>
    ValueTask<IReadOnlyDictionary<SenderKeyName, byte[]>> LoadSenderKeysOfAsync(Jid account, CancellationToken cancellationToken);

    /// <summary>Devices that have our sender key of this id in this group.</summary>
    ValueTask<IReadOnlySet<SignalAddress>> LoadSenderKeyMarksAsync(Jid group, uint keyId, CancellationToken cancellationToken);

    /// <summary>One-time pre-keys found by id.</summary>
    ValueTask<IReadOnlyDictionary<uint, PreKey>> LoadPreKeysAsync(IReadOnlyCollection<uint> ids, CancellationToken cancellationToken);

    /// <summary>All one-time pre-keys not yet confirmed by the server, in id order.</summary>
    ValueTask<IReadOnlyList<PreKey>> LoadUnuploadedPreKeysAsync(CancellationToken cancellationToken);

    /// <summary>PN ↔ LID pairs known for these accounts, whichever form is given.</summary>
    ValueTask<IReadOnlyList<LidMapping>> LoadLidMappingsAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken);

    /// <summary>Cached device lists.</summary>
    ValueTask<IReadOnlyDictionary<Jid, DeviceListEntry>> LoadDeviceListsAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken);

    /// <summary>Stored messages found by key.</summary>
    ValueTask<IReadOnlyDictionary<MessageKey, StoredMessage>> LoadMessagesAsync(IReadOnlyCollection<MessageKey> keys, CancellationToken cancellationToken);

    /// <summary>Our own messages of this id, in any chat (retry receipts and acks name only the id).</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadOutgoingAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken);

    /// <summary>Messages of others with these ids, in any chat.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadReceivedAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken);

    /// <summary>Messages of others in these chats (the forms of one address) that were not marked as read, among the newest <paramref name="newest"/> of each; oldest first.
    /// Reactions, edits and deletions are not read.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadUnreadAsync(IReadOnlyCollection<Jid> chats, int newest, CancellationToken cancellationToken);

    /// <summary>Messages of this id, ours and others', in any chat; newest first, 20 at most.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> FindMessagesAsync(string messageId, CancellationToken cancellationToken);

    /// <summary>Files of messages of this id, in any chat; newest first, 20 at most.</summary>
    ValueTask<IReadOnlyList<StoredMedia>> FindMediaAsync(string messageId, CancellationToken cancellationToken);

    /// <summary>Our own messages that the server has not acknowledged and that may leave by <paramref name="dueBy"/> (ms since the Unix epoch): by priority, then by due time or age, whichever is later.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadPendingAsync(long dueBy, int limit, CancellationToken cancellationToken);

    /// <summary>Queued messages that become due after <paramref name="after"/> and until <paramref name="until"/> (ms since the Unix epoch): by time, then priority.</summary>
    ValueTask<IReadOnlyList<StoredMessage>> LoadDueAsync(long after, long until, int limit, CancellationToken cancellationToken);

    /// <summary>The newest vote of everyone who voted in this poll, those who took theirs back included.</summary>
    ValueTask<IReadOnlyList<PollVote>> LoadPollVotesAsync(MessageKey poll, CancellationToken cancellationToken);

    /// <summary>Trusted-contact tokens of these accounts; those without are absent.</summary>
    ValueTask<IReadOnlyDictionary<Jid, PrivacyToken>> LoadPrivacyTokensAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken);

    /// <summary>Disappearing timers of these chats; those never told are absent.</summary>
    ValueTask<IReadOnlyDictionary<Jid, ChatTimer>> LoadChatTimersAsync(IReadOnlyCollection<Jid> chats, CancellationToken cancellationToken);

    /// <summary>
    /// Writes everything of the batch and its events in one transaction, or nothing.
    /// </summary>
    /// <exception cref="FencedException">This device has a newer owner. Close the socket without logout and forget everything.</exception>
    ValueTask CommitAsync(DeviceBatch batch, CancellationToken cancellationToken);
}

/// <summary>The instance has a newer owner: this activation must stop at once.</summary>
public sealed class FencedException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Keys and login data of one companion device (wire/01 §4, §6.5). Sealed at rest as one blob.
/// </summary>
/// <param name="NoiseKey">Long-lived noise key.</param>
/// <param name="Identity">Signal identity and registration id.</param>
/// <param name="SignedPreKeys">Newest first, at least the previous two kept.</param>
/// <param name="AdvSecret">32 bytes; new on every pair-device.</param>
/// <param name="NextPreKeyId">Id the next one-time pre-key gets.</param>
public sealed record DeviceCredentials(
    Crypto.KeyPair NoiseKey, LocalIdentity Identity, IReadOnlyList<SignedPreKey> SignedPreKeys, byte[] AdvSecret, uint NextPreKeyId)
{
    /// <summary>Own phone-number device address; null until paired.</summary>
    public Jid? Jid { get; init; }
    /// <summary>Own LID device address.</summary>
    public Jid? Lid { get; init; }
    /// <summary>Encoded ADVSignedDeviceIdentity with account key and device signature.</summary>
    public byte[]? SignedDeviceIdentity { get; init; }
    /// <summary>As told at pairing: android, iphone, smba, smbi.</summary>
    public string? Platform { get; init; }
    /// <summary>Business name as told at pairing.</summary>
    public string? BusinessName { get; init; }
    /// <summary>Own display name.</summary>
    public string? PushName { get; init; }
    /// <summary>Logins since pairing.</summary>
    public int LoginCounter { get; init; }
    /// <summary>True once the server confirmed a pre-key upload.</summary>
    public bool PreKeysUploaded { get; init; }
    /// <summary>Edge routing info to send in the next prologue.</summary>
    public byte[]? RoutingInfo { get; init; }
    /// <summary>Server static key for Noise IK; null = XX.</summary>
    public byte[]? ServerStaticKey { get; init; }
    /// <summary>When the signed pre-key was made, ms since the Unix epoch.</summary>
    public long SignedPreKeyCreatedAt { get; init; }
    /// <summary>True once linked.</summary>
    public bool IsPaired => Jid is not null;
}

/// <summary>One person's two addresses, both without device.</summary>
public sealed record LidMapping(Jid Phone, Jid Lid, string Source, long UpdatedAt);

/// <summary>A cached device list. <see cref="Devices"/> are device numbers, 0 included when present. FetchedAt in ms.</summary>
public sealed record DeviceListEntry(IReadOnlyList<int> Devices, long FetchedAt);

/// <summary>What makes a message unique: chat and sender are accounts without device, in the canonical form (LID when known at the time, else PN).</summary>
public readonly record struct MessageKey(Jid Chat, Jid Sender, string Id);

/// <summary>States only move forward, except that <see cref="Failed"/> ends any state before <see cref="ServerAck"/>.</summary>
public enum MessageStatus
{
    /// <summary>Incoming and decrypted.</summary>
    Received = 0,
    /// <summary>Incoming, not decrypted yet.</summary>
    Undecryptable = 1,
    /// <summary>Ours, accepted, waiting for a connection.</summary>
    Queued = 10,
    /// <summary>Ours, encrypted and committed; no server ack yet.</summary>
    Pending = 11,
    /// <summary>Ours, the server has it.</summary>
    ServerAck = 12,
    /// <summary>On a device of the recipient.</summary>
    Delivered = 13,
    /// <summary>Read.</summary>
    Read = 14,
    /// <summary>Played (voice, view once).</summary>
    Played = 15,
    /// <summary>Refused; see the reason.</summary>
    Failed = 20,
    /// <summary>Deleted for everyone: the content is gone, whatever came before.</summary>
    Deleted = 30,
}

/// <summary>One message row. Content is the encoded, unpadded Message protobuf; sealed at rest.</summary>
/// <param name="Key">Unique.</param>
/// <param name="FromMe">Sent by this account.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Timestamp">Seconds since the Unix epoch: the server's when known.</param>
/// <param name="Type">Webhook type, e.g. text.</param>
public sealed record StoredMessage(MessageKey Key, bool FromMe, MessageStatus Status, long Timestamp, string Type)
{
    /// <summary>Encoded Message; null for placeholders.</summary>
    public byte[]? Content { get; init; }
    /// <summary>The caller's own reference.</summary>
    public string? ClientRef { get; init; }
    /// <summary>32-byte message secret, when present.</summary>
    public byte[]? Secret { get; init; }
    /// <summary>Retry receipts sent (incoming) or answered (outgoing).</summary>
    public int Retries { get; init; }
    /// <summary>Address the stanza was sent to, when ours.</summary>
    public Jid? To { get; init; }
    /// <summary>Failure reason when <see cref="MessageStatus.Failed"/>.</summary>
    public string? Failure { get; init; }
    /// <summary>True when sent through this API rather than from another device.</summary>
    public bool FromApi { get; init; }
    /// <summary>When the row was made, ms since the Unix epoch: gives order among pending rows.</summary>
    public long CreatedAt { get; init; }
    /// <summary>Ours and queued: not sent before, ms since the Unix epoch; 0 = as soon as possible.</summary>
    public long DueAt { get; init; }
    /// <summary>Order among rows that wait: 0 first … 9 last.</summary>
    public int Priority { get; init; } = DefaultPriority;

    /// <summary>Priority of a message whose sender named none.</summary>
    public const int DefaultPriority = 5;
}
