using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Groups;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Messaging.Composers;
using WhatsApp.Protocol.Messaging.Groups;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>A message ready to encrypt, and where it goes.</summary>
internal sealed record ComposedMessage(Jid To, Message Content);

/// <summary>Turns what a caller wants sent into a Message: looks up the messages it refers to, the rest is pure composing (wire/04 §3, §4).</summary>
internal sealed class OutgoingComposer(IDeviceLink link, LidMap lids, GroupDirectory groups, ChatFacts facts)
{
    // The longest any reference client allows; the official window is 15 minutes.
    private static readonly TimeSpan EditWindow = TimeSpan.FromMinutes(20);

    /// <summary>Composes. Without a reference to another message it awaits nothing.</summary>
    /// <exception cref="SendFailedException">message-not-found or validation-failed.</exception>
    public async ValueTask<ComposedMessage> ComposeAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        OutgoingChecks.Check(message);
        return message.Content switch
        {
            OutgoingReaction reaction => await ReactAsync(message, reaction, cancellationToken),
            OutgoingPollVote vote => await VoteAsync(message, vote, cancellationToken),
            OutgoingPin pin => await PinAsync(message, pin, cancellationToken),
            OutgoingEdit edit => await EditAsync(message, edit, cancellationToken),
            OutgoingRevoke revoke => await RevokeAsync(message, revoke, cancellationToken),
            OutgoingForward forward => await ForwardAsync(message, forward, cancellationToken),
            _ => await ContentAsync(message, cancellationToken),
        };
    }

    private async ValueTask<ComposedMessage> ContentAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        var content = message.Content switch
        {
            OutgoingText text => TextComposer.Compose(text),
            OutgoingLocation place => LocationComposer.Compose(place),
            OutgoingContacts contacts => ContactComposer.Compose(contacts),
            OutgoingPoll poll => PollComposer.Compose(poll),
            OutgoingMedia media => MediaComposer.Compose(media),
            _ => throw new SendFailedException("validation-failed", "this content cannot be sent"),
        };
        var to = Addressee(message);
        var group = await GroupAsync(to, cancellationToken);
        var quoted = message.Quoted is { } reference ? Target(await FindAsync(reference, to, cancellationToken), group) : null;
        var set = message.EphemeralExpiration == 0 && to.IsUser ? await TimerAsync(to, cancellationToken) : null;
        var timer = message.EphemeralExpiration > 0 ? message.EphemeralExpiration : set?.Seconds ?? group?.Ephemeral ?? 0;
        if (ContextComposer.Compose(quoted, await MentionsAsync(message, to, group, cancellationToken), timer) is { } context)
            ContentContext.Set(content, TimerComposer.Mark(context, set));
        if (message.Content is OutgoingMedia file)
            content = MediaComposer.Wrap(content, file);
        content.MessageContextInfo = MessageSecret.New();
        return new ComposedMessage(to, content);
    }

    private async Task<ComposedMessage> ReactAsync(OutgoingMessage message, OutgoingReaction reaction, CancellationToken cancellationToken)
    {
        var row = await FindAsync(reaction.Target, message.To, cancellationToken);
        return new ComposedMessage(message.To ?? row.Key.Chat, ReactionComposer.Compose(await TargetAsync(row, cancellationToken), reaction.Emoji, Now));
    }

    private async Task<ComposedMessage> VoteAsync(OutgoingMessage message, OutgoingPollVote vote, CancellationToken cancellationToken)
    {
        var row = await FindAsync(vote.Target, message.To, cancellationToken);
        var group = await GroupAsync(row.Key.Chat, cancellationToken);
        return new ComposedMessage(row.Key.Chat, VoteComposer.Compose(Target(row, group), row.Secret, OwnIn(row.Key.Chat, group), vote.Options, link.Time.GetUtcNow()));
    }

    private async Task<ComposedMessage> PinAsync(OutgoingMessage message, OutgoingPin pin, CancellationToken cancellationToken)
    {
        var row = await FindAsync(pin.Target, message.To, cancellationToken);
        return new ComposedMessage(row.Key.Chat, PinComposer.Compose(await TargetAsync(row, cancellationToken), pin.Duration, Now));
    }

    private async Task<ComposedMessage> EditAsync(OutgoingMessage message, OutgoingEdit edit, CancellationToken cancellationToken)
    {
        var row = await FindAsync(edit.Target, message.To, cancellationToken);
        if (!row.FromMe)
            throw Invalid("only messages of this account can be edited");
        if (link.Time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(row.Timestamp) > EditWindow)
            throw Invalid("the message is too old to be edited");
        var group = await GroupAsync(row.Key.Chat, cancellationToken);
        var context = ContextComposer.Compose(null, await MentionsAsync(message, row.Key.Chat, group, cancellationToken), message.EphemeralExpiration);
        return EditComposer.Compose(Target(row, group), edit.Text, context, Now) is { } content
            ? new ComposedMessage(row.Key.Chat, content)
            : throw Invalid("the message has no text that can be edited");
    }

    private async Task<ComposedMessage> RevokeAsync(OutgoingMessage message, OutgoingRevoke revoke, CancellationToken cancellationToken)
    {
        var row = await FindAsync(revoke.Target, message.To, cancellationToken);
        if (!row.FromMe && row.Key.Chat.IsUser)
            throw Invalid("only messages of this account can be deleted for everyone");
        var group = await GroupAsync(row.Key.Chat, cancellationToken);
        if (!row.FromMe && group?.Find(GroupAddressing.OwnDevice(link.Credentials, group.Addressing)) is { IsAdmin: false })
            throw Invalid("only admins of the group can delete the messages of others");
        return new ComposedMessage(row.Key.Chat, RevokeComposer.Compose(Target(row, group)));
    }

    private async Task<ComposedMessage> ForwardAsync(OutgoingMessage message, OutgoingForward forward, CancellationToken cancellationToken)
    {
        var row = await FindAsync(forward.Source, null, cancellationToken);
        var content = ForwardComposer.Compose(Target(row, null)) ?? throw Invalid("this kind of message cannot be forwarded");
        content.MessageContextInfo = MessageSecret.New();
        return new ComposedMessage(Addressee(message), content);
    }

    // The chat's own disappearing timer, when it was told.
    private async ValueTask<ChatTimer?> TimerAsync(Jid chat, CancellationToken cancellationToken)
    {
        var account = chat.ToAccount();
        var key = account.IsPhone ? await lids.OtherAsync(account, cancellationToken) ?? account : account;
        return await facts.TimerAsync(link.Store, key, cancellationToken);
    }

    private async ValueTask<StoredMessage> FindAsync(MessageReference reference, Jid? chat, CancellationToken cancellationToken)
    {
        var account = chat?.ToAccount();
        Jid? other = account is { IsUser: true } user ? await lids.OtherAsync(user, cancellationToken) : null;
        Jid? author = reference.Participant?.ToAccount();
        Jid? authorsOther = author is { IsUser: true } known ? await lids.OtherAsync(known, cancellationToken) : null;
        foreach (var row in await link.Store.FindMessagesAsync(reference.Id, cancellationToken))
            if (row is { Content: not null, Status: not (MessageStatus.Failed or MessageStatus.Undecryptable or MessageStatus.Deleted) } && row.Type != ContentTypes.Protocol
                && (account is null || row.Key.Chat == account || row.Key.Chat == other)
                && (reference.FromMe is null || row.FromMe == reference.FromMe)
                && (author is null || row.Key.Sender == author || row.Key.Sender == authorsOther)
                && HeldContent.RecipeOf(row) is null)
                return row;
        throw new SendFailedException("message-not-found", "there is no such message in this chat");
    }

    private async ValueTask<TargetMessage> TargetAsync(StoredMessage row, CancellationToken cancellationToken) =>
        Target(row, await GroupAsync(row.Key.Chat, cancellationToken));

    private TargetMessage Target(StoredMessage row, GroupInfo? group)
    {
        var author = row.FromMe ? OwnIn(row.Key.Chat, group) : group is null ? row.Key.Sender : GroupAddressing.Of(group, row.Key.Sender);
        return new(row.Key.Id, row.Key.Chat, author, row.FromMe, Message.Parser.ParseFrom(row.Content));
    }

    private Jid OwnIn(Jid chat, GroupInfo? group) =>
        (group is null ? StepView.OwnDevice(link.Credentials, chat) : GroupAddressing.OwnDevice(link.Credentials, group.Addressing)).ToAccount();

    // Null for persons, and for a group that is not known while there is no connection.
    private async ValueTask<GroupInfo?> GroupAsync(Jid chat, CancellationToken cancellationToken)
    {
        if (!chat.IsGroup)
            return null;
        try
        {
            return link.IsOpen ? await groups.GetAsync(chat, cancellationToken) : groups.Find(chat);
        }
        catch (IqErrorException refused)
        {
            throw GroupFailures.Of(refused, null);
        }
        catch (Exception error) when (error is LinkClosedException or TimeoutException)
        {
            return groups.Find(chat);
        }
    }

    // Mentions are named as the chat is addressed: in a group as its members, elsewhere by LID where it is known.
    private async ValueTask<IReadOnlyList<Jid>> MentionsAsync(OutgoingMessage message, Jid chat, GroupInfo? group, CancellationToken cancellationToken)
    {
        if (message.MentionsAll)
            return chat.IsGroup ? Everyone(group) : throw Invalid("everyone can be mentioned in groups only");
        if (message.Mentions.Count == 0)
            return [];
        var others = await lids.LoadAsync(message.Mentions.Where(mention => mention.IsPhone).Select(mention => mention.ToAccount()), cancellationToken);
        return [.. message.Mentions.Select(mention => group?.Find(mention)?.Jid ?? LidOf(mention))];

        Jid LidOf(Jid mention) => group is { Addressing: AddressingMode.Phone } ? mention.ToAccount() : others.GetValueOrDefault(mention.ToAccount()) ?? mention.ToAccount();
    }

    private IReadOnlyList<Jid> Everyone(GroupInfo? group)
    {
        if (group is null)
            throw new SendFailedException("instance-not-connected", "the members of the group are not known while there is no connection");
        var own = GroupAddressing.OwnDevice(link.Credentials, group.Addressing);
        return [.. group.Members.Where(member => !member.Is(own)).Select(member => member.Jid)];
    }

    private long Now => link.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static Jid Addressee(OutgoingMessage message) => message.To ?? throw new SendFailedException("invalid-recipient", "there is no recipient");

    private static SendFailedException Invalid(string why) => new("validation-failed", why);
}
