using System.Buffers.Binary;
using System.Globalization;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// Asks the author of a message we cannot decrypt to send it again, and keeps its place (wire/04 §9.1).
/// <code>
/// &lt;receipt id to type="retry" [participant] [recipient] [category="peer"]&gt;
///   &lt;retry v="1" count="n" id t error="reason"/&gt;&lt;registration&gt;4B&lt;/registration&gt;
///   [&lt;keys&gt;&lt;type/&gt;&lt;identity/&gt;&lt;key/&gt;&lt;skey/&gt;&lt;device-identity/&gt;&lt;/keys&gt;]&lt;/receipt&gt;
/// </code>
/// </summary>
internal static class RetryRequests
{
    /// <summary>Resends asked for, at most.</summary>
    public const int MaxAttempts = 5;
    private const long StatusLifetime = 24 * 3600;
    private static readonly byte[] KeyType = [5];

    /// <summary>Puts placeholder, event, retry receipt and ack into the step.</summary>
    public static void Ask(StepView view, IncomingMessage message, Jid chat, StoredMessage? existing, RetryReason reason, ILogger logger)
    {
        var attempt = existing is null ? message.Parts.Max(part => Math.Clamp(part.Count, 0, MaxAttempts)) + 1 : existing.Retries + 1;
        MessagingLog.Undecryptable(logger, message.Id, message.Author, reason, attempt);
        if (attempt <= MaxAttempts)
        {
            view.Rows.Put(MessageRows.New(view, message, chat, existing, MessageStatus.Undecryptable, existing?.Type ?? ContentTypes.Unsupported) with { Retries = attempt });
            if (chat != Jid.StatusBroadcast)
                view.Step.Batch.Events.Add(new MessageUndecryptable(message.Id, view.Lids.Display(chat), view.Lids.Display(message.Author), attempt, MaxAttempts));
            if (MayAsk(view, message))
                view.Step.Send.Add(Receipt(view, message, attempt, reason));
        }
        view.Step.Send.Add(Acks.Message(message.Stanza, view.OwnDeviceIn(message.From), Acks.Unhandled));
    }

    private static bool MayAsk(StepView view, IncomingMessage message) =>
        message.Author.Server != Jid.BotServer
        && !(message.From == Jid.StatusBroadcast && view.Now / 1000 - message.Timestamp > StatusLifetime);

    private static Node Receipt(StepView view, IncomingMessage message, int attempt, RetryReason reason)
    {
        var stanza = message.Stanza;
        var credentials = view.Credentials;
        var registration = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(registration, credentials.Identity.RegistrationId);
        List<Node> children =
        [
            new Node("retry", ("v", "1"), ("count", attempt.ToString(CultureInfo.InvariantCulture)), ("id", message.Id), ("t", stanza["t"]),
                ("error", ((int)reason).ToString(CultureInfo.InvariantCulture))),
            new Node("registration", [], registration),
        ];
        if (attempt > 1 || reason == RetryReason.NoSession || message.Author.IsHosted)
            children.Add(Keys(view));
        return new Node("receipt",
            [("id", message.Id), ("to", stanza["from"]), ("type", "retry"), ("participant", stanza["participant"]),
                ("recipient", message is { FromMe: true, Peer: false } ? stanza["recipient"] : null), ("category", message.Peer ? "peer" : null)], children);
    }

    // A fresh one-time key for this peer alone: stored, and counted as uploaded so that the server never hands it out.
    private static Node Keys(StepView view)
    {
        var credentials = view.Credentials;
        var key = Signal.PreKeys.NewOneTime(credentials.NextPreKeyId, 1)[0];
        view.Step.Batch.Credentials = credentials with { NextPreKeyId = Signal.PreKeys.NextId(key.Id) };
        view.Step.Batch.NewPreKeys.Add(key);
        view.Step.Batch.UploadedPreKeys.Add(key.Id);
        var signed = credentials.SignedPreKeys[0];
        List<Node> children =
        [
            new Node("type", [], KeyType),
            new Node("identity", [], credentials.Identity.IdentityKey.PublicKey),
            new Node("key", [], [new Node("id", [], PreKeyBundles.IdBytes(key.Id)), new Node("value", [], key.Keys.PublicKey)]),
            new Node("skey", [], [new Node("id", [], PreKeyBundles.IdBytes(signed.Id)), new Node("value", [], signed.Keys.PublicKey), new Node("signature", [], signed.Signature)]),
        ];
        if (credentials.SignedDeviceIdentity is { } identity)
            children.Add(new Node("device-identity", [], identity));
        return new Node("keys", [], children);
    }
}
