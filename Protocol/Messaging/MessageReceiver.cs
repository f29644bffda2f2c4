using Google.Protobuf;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Messaging.Groups;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// Incoming messages (wire/04 §8): load what the batch needs in few queries, decrypt in order, and leave for each stanza exactly one answer in the step:
/// a receipt, an ack, or a retry receipt with its ack.
/// </summary>
internal sealed class MessageReceiver(GroupDirectory groups, ILogger logger)
{
    /// <summary>Loads mappings, sessions, identities, pre-keys and rows for all messages, and learns the pairs they tell.</summary>
    public static async ValueTask PrepareAsync(StepView view, IReadOnlyCollection<IncomingMessage> messages, CancellationToken cancellationToken)
    {
        if (messages.Count == 0)
            return;
        await view.Lids.LoadAsync(messages.SelectMany(message => message.Pairs).SelectMany(pair => new[] { pair.Phone, pair.Lid })
            .Concat(messages.Select(message => message.Author)).Concat(messages.Where(message => message.Chat is not null).Select(message => message.Chat!.Value)), cancellationToken);
        foreach (var (phone, lid) in messages.SelectMany(message => message.Pairs).Distinct())
            await view.Lids.LearnAsync(phone, lid, "message", cancellationToken);
        await view.Sessions.LoadAsync(messages.Where(message => message.Parts.Count > 0).Select(message => view.Lids.AddressOf(message.Author)), cancellationToken);
        await view.Sessions.LoadIdentitiesAsync(messages.Where(message => message.Parts.Any(part => part.Type == "pkmsg")).Select(message => view.Lids.AddressOf(message.Author)), cancellationToken);
        await GroupCiphers.LoadAsync(view, messages, cancellationToken);
        await view.PreKeys.LoadAsync(messages.SelectMany(Decryptor.PreKeyIds).Distinct().ToList(), cancellationToken);
        await view.Rows.LoadAsync(messages.SelectMany(message => MessageRows.KeysOf(view, message, message.Chat ?? view.Own)), cancellationToken);
    }

    /// <summary>Takes one message into the step.</summary>
    public async ValueTask ReceiveAsync(StepView view, IncomingMessage message, CancellationToken cancellationToken)
    {
        if (message.From.Server == Jid.NewsletterServer)
        {
            Guard(view, message, () => ChannelMessages.Take(view, message));
            return;
        }
        if (message.Unavailable is not null && message.Parts.Count == 0)
        {
            Guard(view, message, () => TakeUnavailable(view, message));
            return;
        }
        DecryptionResult? result = null;
        if (!Guard(view, message, () => result = Decryptor.Decrypt(view, message)))
            return;
        var shown = Choose(message, result!);
        var chat = message.Chat ?? (shown?.Destination ?? view.Own);
        await view.Lids.LoadAsync(shown is null ? [chat] : MessageInfos.AccountsIn(shown.Content).Prepend(chat), cancellationToken);
        await view.Rows.LoadAsync(MessageRows.KeysOf(view, message, chat), cancellationToken);
        var source = new ContentSource(message.FromMe ? view.Own : message.Author, message.FromMe, chat);
        if (shown is not null)
            await MessageNews.LoadAsync(view, source, shown.Content, cancellationToken);
        if (shown?.Content.Protocol is { } protocol)
            await PeerTraffic.LearnAsync(view, message, protocol, cancellationToken);
        Guard(view, message, () => Finish(view, message, source, result!, shown is null ? null : shown with { Content = SealedContents.Read(view, source, shown.Content) }));
    }

    private sealed record Shown(MessageContent Content, byte[] Raw, Schema.Message Message, Jid? Destination);

    private Shown? Choose(IncomingMessage message, DecryptionResult result)
    {
        foreach (var decrypted in result.Contents)
        {
            var (inner, raw, destination) = (decrypted.Message, decrypted.Plaintext, (Jid?)null);
            if (message.FromMe && inner.DeviceSentMessage is { Message: { } sent } copy)
            {
                if (Jid.TryParse(copy.DestinationJid, out var jid) && jid.User.Length > 0)
                    destination = jid.ToAccount();
                if (inner.MessageContextInfo is { } outer)
                {
                    sent.MessageContextInfo ??= outer;
                    if (!sent.MessageContextInfo.HasMessageSecret && outer.HasMessageSecret)
                        sent.MessageContextInfo.MessageSecret = outer.MessageSecret;
                }
                (inner, raw) = (sent, sent.ToByteArray());
            }
            var content = MessageReader.Read(inner);
            if (IsForeign(message, content, message.Chat ?? destination))
                content = new MessageContent(ContentTypes.Unsupported, null, null, null);
            if (content.Type is not null || content.Protocol is not null)
                return new Shown(content, raw, inner, destination);
        }
        return null;
    }

    private void Finish(StepView view, IncomingMessage message, ContentSource source, DecryptionResult result, Shown? shown)
    {
        var chat = source.Chat;
        var existing = MessageRows.Find(view, message, chat);
        if (shown is not null)
        {
            if (shown.Content.Type is null)
                PeerTraffic.Keep(view, message, shown.Content.Protocol!, shown.Raw);
            else if (existing is null or { Status: MessageStatus.Undecryptable })
                Deliver(view, message, source, existing, shown);
            view.Step.Send.Add(Receipts.For(message));
            if (message.FromMe && shown.Content.Protocol?.HistorySyncNotification is not null)
                view.Step.Send.Add(Receipts.HistorySync(message));
        }
        else if (existing is { Status: not MessageStatus.Undecryptable })
            view.Step.Send.Add(Receipts.For(message)); // a redelivery of what we have
        else if (result.Failure is { } reason)
            RetryRequests.Ask(view, message, chat, existing, reason, logger);
        else if (result.Malformed)
            Refuse(view, message.Stanza, Acks.InvalidProtobuf);
        else if (result.MissingSecret)
            Refuse(view, message.Stanza, Acks.MissingSecret);
        else if (result.Duplicate || result.Contents.Count > 0)
            view.Step.Send.Add(Receipts.For(message));
        else
            Refuse(view, message.Stanza, Acks.ParsingError);
    }

    private static void Deliver(StepView view, IncomingMessage message, ContentSource source, StoredMessage? existing, Shown shown)
    {
        var info = MessageInfos.Incoming(view, message, source.Chat, shown.Content, shown.Raw);
        var row = MessageRows.New(view, message, source.Chat, existing, message.FromMe ? MessageStatus.ServerAck : MessageStatus.Received, shown.Content.Type!) with
        {
            Content = shown.Raw,
            Secret = Composers.MessageSecret.Of(shown.Message) ?? (shown.Content is { Protocol: null, Body: { } body } ? Composers.MessageSecret.Of(body) : null),
        };
        view.Rows.Put(row);
        if (info is { Media: not null, Target: null } && MediaReader.Row(row.Key, row.FromMe, shown.Content.Body, view.Now) is { } media)
            view.Step.Batch.Media[row.Key] = media;
        ChatTimers.Learn(view, source.Chat, shown.Content.Context);
        MessageNews.Tell(view, source, shown.Content, info);
    }

    // Only its author can edit a message. Another's message can be deleted in groups, by admins: the server lets nobody else mark a stanza so.
    private bool IsForeign(IncomingMessage message, MessageContent content, Jid? chat)
    {
        if (content.Type is not (ContentTypes.Edited or ContentTypes.Revoked) || content.Protocol?.Key is not { FromMe: false })
            return false;
        if (content.Type == ContentTypes.Edited || chat is not { IsGroup: true } group)
            return true;
        return groups.Find(group)?.Find(message.Author) is { } member ? !member.IsAdmin : message.Stanza["edit"] != "8";
    }

    // wire/04 §8.5: content that never comes to this device is told as such; a gap stays open for a resend.
    private static void TakeUnavailable(StepView view, IncomingMessage message)
    {
        var chat = message.Chat ?? view.Own;
        if (MessageRows.Find(view, message, chat) is null)
        {
            var type = message.Unavailable == "view_once" ? ContentTypes.ViewOnce : ContentTypes.Unsupported;
            var gap = message.Unavailable!.Length == 0;
            view.Rows.Put(MessageRows.New(view, message, chat, null, gap ? MessageStatus.Undecryptable : message.FromMe ? MessageStatus.ServerAck : MessageStatus.Received, type));
            view.Step.Batch.Events.Add(gap
                ? new MessageUndecryptable(message.Id, view.Lids.Display(chat), view.Lids.Display(message.Author), 0, RetryRequests.MaxAttempts)
                : new MessageArrived(MessageInfos.Incoming(view, message, chat, new MessageContent(type, null, null, null), [])));
        }
        view.Step.Send.Add(Acks.Message(message.Stanza, view.OwnDeviceIn(message.From)));
    }

    /// <summary>Answers a stanza that cannot be taken with a nack, when it can be named at all.</summary>
    public void Refuse(StepView view, Node stanza, int code)
    {
        MessagingLog.StanzaRefused(logger, stanza.Tag, stanza["id"], code);
        if (stanza["id"] is { Length: > 0 } && stanza["from"] is { Length: > 0 })
            view.Step.Send.Add(Acks.Message(stanza, view.OwnDeviceIn(stanza.JidOf("from") ?? default), code));
    }

    // Whatever a hostile stanza trips over costs that stanza alone.
    private bool Guard(StepView view, IncomingMessage message, Action work)
    {
        try
        {
            work();
            return true;
        }
        catch (Exception error)
        {
            MessagingLog.StanzaFailed(logger, "message", message.Id, error);
            Refuse(view, message.Stanza, Acks.Unhandled);
            return false;
        }
    }
}
