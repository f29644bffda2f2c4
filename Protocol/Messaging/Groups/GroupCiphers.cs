using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Signal.SenderKeys;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>What others send with sender keys: groups, status, broadcast lists (wire/03 §7, wire/04 §8.2).</summary>
internal static class GroupCiphers
{
    /// <summary>True for chats whose messages are encrypted once for all.</summary>
    public static bool IsShared(Jid chat) => chat.IsGroup || (chat.Server == Jid.BroadcastServer && chat.User.Length > 0);

    /// <summary>Loads the keys of everyone who wrote to such a chat, one query per chat.</summary>
    public static async ValueTask LoadAsync(StepView view, IEnumerable<IncomingMessage> messages, CancellationToken cancellationToken)
    {
        foreach (var chat in messages.Where(message => IsShared(message.From) && message.Parts.Count > 0).GroupBy(message => message.From))
            await view.SenderKeys.LoadAsync(chat.Key, chat.Select(message => view.Lids.AddressOf(message.Author)).Distinct(), cancellationToken);
    }

    /// <summary>Decrypts a <c>skmsg</c>; still padded.</summary>
    /// <exception cref="DuplicateMessageException">Decrypted before.</exception>
    /// <exception cref="SignalException">Refused; NoSession = we lack the key.</exception>
    public static byte[] Decrypt(StepView view, IncomingMessage message, EncryptedPart part)
    {
        if (!IsShared(message.From))
            throw new SignalException(RetryReason.InvalidMessage, "a sender key outside of groups and lists");
        var name = NameOf(view, message);
        var known = view.SenderKeys.Find(name) ?? throw new SignalException(RetryReason.NoSession, "no sender key");
        var decrypted = SenderKeyCipher.Decrypt(known, part.Bytes.Span);
        view.SenderKeys.Set(name, decrypted.Next);
        return decrypted.Plaintext;
    }

    /// <summary>
    /// Takes the key that a pair-encrypted part brings. The group is the stanza's: a key that names another one is not taken (wire/03 §7);
    /// neither is a malformed one, so that the message that needs it is asked for again.
    /// </summary>
    public static void TakeKey(StepView view, IncomingMessage message, Schema.Message content)
    {
        if (content.SenderKeyDistributionMessage is not { } distribution || !IsShared(message.From)
            || (distribution.HasGroupId && distribution.GroupId != message.From.ToString()))
            return;
        var name = NameOf(view, message);
        try
        {
            var known = view.SenderKeys.Find(name) ?? SenderKeyRecord.Empty;
            var next = SenderKeyDistribution.Process(known, distribution.AxolotlSenderKeyDistributionMessage.Span);
            if (!ReferenceEquals(next, known))
                view.SenderKeys.Set(name, next);
        }
        catch (SignalException)
        {
            // Nothing is taken.
        }
    }

    private static SenderKeyName NameOf(StepView view, IncomingMessage message) => new(message.From, view.Lids.AddressOf(message.Author));
}
