using Google.Protobuf;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;
using MessageKey = WhatsApp.Protocol.Schema.MessageKey;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Builds the event body of a message, with both addresses of everyone where known.</summary>
internal static class MessageInfos
{
    private const int MaxMentions = 1024;

    // What the event says in full; everything else comes with its raw bytes.
    private static readonly HashSet<string> Decoded = new(StringComparer.Ordinal)
    {
        ContentTypes.Text, ContentTypes.Location, ContentTypes.Contact, ContentTypes.Contacts, ContentTypes.Poll, ContentTypes.Reaction, ContentTypes.Edited, ContentTypes.Revoked,
        ContentTypes.LiveLocation, ContentTypes.ListReply, ContentTypes.ButtonReply, ContentTypes.Event, ContentTypes.Product, ContentTypes.Order, ContentTypes.GroupInvite, ContentTypes.Pin, ContentTypes.Keep,
    };

    /// <summary>An incoming message, or one of ours from another device.</summary>
    public static MessageInfo Incoming(StepView view, IncomingMessage message, Jid chat, MessageContent content, byte[] raw)
    {
        var group = !chat.IsUser;
        return Fill(view, content, raw, new MessageInfo(message.Id, view.Lids.Display(chat), view.Lids.Display(message.Author), message.FromMe,
            message.FromMe ? message.Author.Device == 0 ? "phone" : "web" : "app", content.Type!, message.Timestamp)
        {
            FromPhone = view.Lids.PhoneOf(message.Author),
            FromLid = view.Lids.LidOf(message.Author),
            To = message.FromMe ? view.Lids.Display(chat) : view.Lids.Display(view.Own),
            Participant = group ? view.Lids.Display(message.Author) : null,
            PushName = message.PushName,
            Offline = message.Offline,
        });
    }

    /// <summary>A stored message as its event told it: what there was before an edit or a deletion.</summary>
    public static MessageInfo Stored(StepView view, StoredMessage row)
    {
        if (row.FromApi)
            return Own(view, row).Info;
        var chat = view.Lids.Display(row.Key.Chat);
        var author = row.FromMe ? view.Own : row.Key.Sender;
        return Fill(view, MessageReader.Read(Message.Parser.ParseFrom(row.Content)), row.Content!,
            new MessageInfo(row.Key.Id, chat, view.Lids.Display(author), row.FromMe, row.FromMe ? "phone" : "app", row.Type, row.Timestamp)
            {
                FromPhone = view.Lids.PhoneOf(author),
                FromLid = view.Lids.LidOf(author),
                To = row.FromMe ? chat : view.Lids.Display(view.Own),
                Participant = row.Key.Chat.IsUser ? null : view.Lids.Display(author),
            });
    }

    /// <summary>A message sent through this API, and its content.</summary>
    public static (MessageInfo Info, MessageContent Content) Own(StepView view, StoredMessage row)
    {
        var content = MessageReader.Read(Message.Parser.ParseFrom(row.Content));
        var chat = view.Lids.Display(row.Key.Chat);
        return (Fill(view, content, row.Content!, new MessageInfo(row.Key.Id, chat, view.Lids.Display(view.Own), true, "api", row.Type, row.Timestamp)
        {
            FromPhone = view.Lids.PhoneOf(view.Own),
            FromLid = view.Lids.LidOf(view.Own),
            To = chat,
            Participant = chat.IsUser ? null : view.Lids.Display(view.Own),
            ClientRef = row.ClientRef,
        }), content);
    }

    private static MessageInfo Fill(StepView view, MessageContent content, byte[] raw, MessageInfo info)
    {
        var context = content.Context;
        var media = MediaReader.Info(content.Body);
        var (type, subtype) = ContentTypes.Shown(content);
        return info with
        {
            Type = type,
            Subtype = subtype,
            Reply = BusinessReader.Reply(content.Body),
            AdReferral = BusinessReader.Ad(context),
            Event = BusinessReader.Event(content.Body),
            Product = BusinessReader.Product(content.Body),
            Order = BusinessReader.Order(content.Body),
            GroupInvite = BusinessReader.Invite(content.Body),
            Text = content.Text,
            Quoted = context is null ? null : Quoted(view, context),
            Mentions = context is null ? [] : Mentions(view, context),
            ForwardScore = context is null ? 0 : context.ForwardingScore > 0 ? (int)Math.Min(context.ForwardingScore, int.MaxValue) : context.IsForwarded ? 1 : 0,
            EphemeralExpiration = context is null ? 0 : (int)Math.Min(context.Expiration, int.MaxValue),
            Location = DetailReader.Location(content.Body),
            Contacts = DetailReader.Contacts(content.Body),
            Poll = DetailReader.Poll(content.Body),
            Media = media,
            Target = TargetOf(content) is { } key ? Target(view, key, info) with { Value = DetailReader.Holds(content.Body) } : null,
            Raw = media is not null || Decoded.Contains(type) ? null : raw,
        };
    }

    /// <summary>Accounts that the event names beside author and chat: quoted, mentioned, or author of the message it is about.</summary>
    public static IEnumerable<Jid> AccountsIn(MessageContent content)
    {
        var names = (content.Context?.MentionedJid.Take(MaxMentions) ?? []).Append(content.Context?.Participant).Append(TargetOf(content)?.Participant);
        foreach (var name in names)
            if (Jid.TryParse(name, out var jid) && jid.IsUser)
                yield return jid;
    }

    /// <summary>The key of the message that this one reacts to, edits, deletes or pins; null for any other.</summary>
    public static MessageKey? TargetOf(MessageContent content) =>
        (content.Body?.ReactionMessage?.Key ?? content.Body?.PinInChatMessage?.Key ?? content.Body?.KeepInChatMessage?.Key ?? (content.Type is ContentTypes.Edited or ContentTypes.Revoked ? content.Protocol?.Key : null))
            is { Id.Length: > 0 and <= MessageIds.MaxLength } key ? key : null;

    // The key is written from its sender's point of view: fromMe means the sender of this message.
    private static TargetInfo Target(StepView view, MessageKey key, MessageInfo info)
    {
        Jid? author = Jid.TryParse(key.Participant, out var jid) && jid.IsUser ? jid : null;
        var fromMe = key.FromMe ? info.FromMe : author is { } user ? view.IsOwn(user) : !info.FromMe;
        return new TargetInfo(key.Id, fromMe) { Participant = author is { } from ? view.Lids.Display(from) : null };
    }

    private static QuotedInfo? Quoted(StepView view, ContextInfo context)
    {
        if (!context.HasStanzaId || context.StanzaId.Length is 0 or > MessageIds.MaxLength)
            return null;
        Jid? author = Jid.TryParse(context.Participant, out var jid) && jid.IsUser ? jid : null;
        var quoted = context.QuotedMessage is { } message ? MessageReader.Read(message) : null;
        return new QuotedInfo(context.StanzaId, author is { } user ? view.Lids.Display(user) : null, author is { } from && view.IsOwn(from),
            quoted is null ? ContentTypes.Unsupported : ContentTypes.Shown(quoted).Type, quoted?.Text)
        { Media = MediaReader.Info(quoted?.Body) };
    }

    private static List<Jid> Mentions(StepView view, ContextInfo context)
    {
        List<Jid> mentions = [];
        foreach (var text in context.MentionedJid.Take(MaxMentions))
            if (Jid.TryParse(text, out var jid) && jid.IsUser)
                mentions.Add(view.Lids.Display(jid));
        return mentions;
    }
}
