using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Connection;

/// <summary>The host's store could not load or commit. The stanzas in work were not acknowledged: the server sends them again.</summary>
public sealed class StoreFailedException(Exception cause) : Exception("the device's store failed", cause);

/// <summary>
/// The host's store with one kind of failure: whatever it throws becomes <see cref="StoreFailedException"/>, except fencing and cancellation.
/// So a broken database is never mistaken for a broken stanza.
/// </summary>
internal sealed class GuardedStore(IDeviceStore inner) : IDeviceStore
{
    public ValueTask<DeviceCredentials?> LoadCredentialsAsync(CancellationToken cancellationToken) =>
        GuardAsync(inner.LoadCredentialsAsync, cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsAsync(IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadSessionsAsync(addresses, token), cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSessionsOfAsync(Jid account, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadSessionsOfAsync(account, token), cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadIdentitiesAsync(IReadOnlyCollection<SignalAddress> addresses, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadIdentitiesAsync(addresses, token), cancellationToken);

    public ValueTask<IReadOnlyDictionary<SignalAddress, byte[]>> LoadSenderKeysAsync(Jid group, IReadOnlyCollection<SignalAddress> senders, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadSenderKeysAsync(group, senders, token), cancellationToken);

    public ValueTask<IReadOnlyDictionary<SenderKeyName, byte[]>> LoadSenderKeysOfAsync(Jid account, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadSenderKeysOfAsync(account, token), cancellationToken);

    public ValueTask<IReadOnlySet<SignalAddress>> LoadSenderKeyMarksAsync(Jid group, uint keyId, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadSenderKeyMarksAsync(group, keyId, token), cancellationToken);

    public ValueTask<IReadOnlyDictionary<uint, PreKey>> LoadPreKeysAsync(IReadOnlyCollection<uint> ids, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadPreKeysAsync(ids, token), cancellationToken);

    public ValueTask<IReadOnlyList<PreKey>> LoadUnuploadedPreKeysAsync(CancellationToken cancellationToken) =>
        GuardAsync(inner.LoadUnuploadedPreKeysAsync, cancellationToken);

    public ValueTask<IReadOnlyList<LidMapping>> LoadLidMappingsAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadLidMappingsAsync(accounts, token), cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, DeviceListEntry>> LoadDeviceListsAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadDeviceListsAsync(accounts, token), cancellationToken);

    public ValueTask<IReadOnlyDictionary<MessageKey, StoredMessage>> LoadMessagesAsync(IReadOnlyCollection<MessageKey> keys, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadMessagesAsync(keys, token), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadOutgoingAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadOutgoingAsync(messageIds, token), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadReceivedAsync(IReadOnlyCollection<string> messageIds, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadReceivedAsync(messageIds, token), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadUnreadAsync(IReadOnlyCollection<Jid> chats, int newest, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadUnreadAsync(chats, newest, token), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> FindMessagesAsync(string messageId, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.FindMessagesAsync(messageId, token), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMedia>> FindMediaAsync(string messageId, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.FindMediaAsync(messageId, token), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadPendingAsync(long dueBy, int limit, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadPendingAsync(dueBy, limit, token), cancellationToken);

    public ValueTask<IReadOnlyList<StoredMessage>> LoadDueAsync(long after, long until, int limit, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadDueAsync(after, until, limit, token), cancellationToken);

    public ValueTask<IReadOnlyList<PollVote>> LoadPollVotesAsync(MessageKey poll, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadPollVotesAsync(poll, token), cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, PrivacyToken>> LoadPrivacyTokensAsync(IReadOnlyCollection<Jid> accounts, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadPrivacyTokensAsync(accounts, token), cancellationToken);

    public ValueTask<IReadOnlyDictionary<Jid, ChatTimer>> LoadChatTimersAsync(IReadOnlyCollection<Jid> chats, CancellationToken cancellationToken) =>
        GuardAsync(token => inner.LoadChatTimersAsync(chats, token), cancellationToken);

    public async ValueTask CommitAsync(DeviceBatch batch, CancellationToken cancellationToken) =>
        await GuardAsync(
            async token =>
            {
                await inner.CommitAsync(batch, token);
                return true;
            },
            cancellationToken);

    private static async ValueTask<T> GuardAsync<T>(Func<CancellationToken, ValueTask<T>> call, CancellationToken cancellationToken)
    {
        try
        {
            return await call(cancellationToken);
        }
        catch (Exception error) when (error is not FencedException && !(error is OperationCanceledException && cancellationToken.IsCancellationRequested))
        {
            throw new StoreFailedException(error);
        }
    }
}
