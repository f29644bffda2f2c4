using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Media;
using WhatsApp.Protocol.Messaging.Composers;
using WhatsApp.Protocol.Schema;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>A message ready to encrypt, and where it goes.</summary>
internal sealed record ComposedMessage(Jid To, Message Content);

/// <summary>Turns what a caller wants sent into a Message: looks up the messages it refers to, the rest is pure composing (wire/04 §3, §4).</summary>
internal sealed class OutgoingComposer(IDeviceLink link, LidMap lids)
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
            OutgoingText text => TextComposer.Compose(text.Text),
            OutgoingLocation place => LocationComposer.Compose(place),
            OutgoingContacts contacts => ContactComposer.Compose(contacts),
            OutgoingPoll poll => PollComposer.Compose(poll),
            OutgoingMedia media => MediaComposer.Compose(media),
            _ => throw new SendFailedException("validation-failed", "this content cannot be sent"),
        };
        var to = Addressee(message);
        var quoted = message.Quoted is { } reference ? Target(await FindAsync(reference, to, cancellationToken)) : null;
        if (ContextComposer.Compose(quoted, await MentionsAsync(message, cancellationToken), message.EphemeralExpiration) is { } context)
            ContentContext.Set(content, context);
        if (message.Content is OutgoingMedia file)
            content = MediaComposer.Wrap(content, file);
        content.MessageContextInfo = MessageSecret.New();
        return new ComposedMessage(to, content);
    }

    private async Task<ComposedMessage> ReactAsync(OutgoingMessage message, OutgoingReaction reaction, CancellationToken cancellationToken)
    {
        var row = await FindAsync(reaction.Target, message.To, cancellationToken);
        return new ComposedMessage(message.To ?? row.Key.Chat, ReactionComposer.Compose(Target(row), reaction.Emoji, Now));
    }

    private async Task<ComposedMessage> EditAsync(OutgoingMessage message, OutgoingEdit edit, CancellationToken cancellationToken)
    {
        var row = await FindAsync(edit.Target, message.To, cancellationToken);
        if (!row.FromMe)
            throw Invalid("only messages of this account can be edited");
        if (link.Time.GetUtcNow() - DateTimeOffset.FromUnixTimeSeconds(row.Timestamp) > EditWindow)
            throw Invalid("the message is too old to be edited");
        var context = ContextComposer.Compose(null, await MentionsAsync(message, cancellationToken), message.EphemeralExpiration);
        return EditComposer.Compose(Target(row), edit.Text, context, Now) is { } content
            ? new ComposedMessage(row.Key.Chat, content)
            : throw Invalid("the message has no text that can be edited");
    }

    private async Task<ComposedMessage> RevokeAsync(OutgoingMessage message, OutgoingRevoke revoke, CancellationToken cancellationToken)
    {
        var row = await FindAsync(revoke.Target, message.To, cancellationToken);
        if (!row.FromMe && row.Key.Chat.IsUser)
            throw Invalid("only messages of this account can be deleted for everyone");
        return new ComposedMessage(row.Key.Chat, RevokeComposer.Compose(Target(row)));
    }

    private async Task<ComposedMessage> ForwardAsync(OutgoingMessage message, OutgoingForward forward, CancellationToken cancellationToken)
    {
        var row = await FindAsync(forward.Source, null, cancellationToken);
        var content = ForwardComposer.Compose(Target(row)) ?? throw Invalid("this kind of message cannot be forwarded");
        content.MessageContextInfo = MessageSecret.New();
        return new ComposedMessage(Addressee(message), content);
    }

    private async ValueTask<StoredMessage> FindAsync(MessageReference reference, Jid? chat, CancellationToken cancellationToken)
    {
        var account = chat?.ToAccount();
        Jid? other = account is { IsUser: true } user ? await lids.OtherAsync(user, cancellationToken) : null;
        Jid? author = reference.Participant?.ToAccount();
        Jid? authorsOther = author is { IsUser: true } known ? await lids.OtherAsync(known, cancellationToken) : null;
        foreach (var row in await link.Store.FindMessagesAsync(reference.Id, cancellationToken))
            if (row is { Content: not null, Status: not (MessageStatus.Failed or MessageStatus.Undecryptable) } && row.Type != ContentTypes.Protocol
                && (account is null || row.Key.Chat == account || row.Key.Chat == other)
                && (reference.FromMe is null || row.FromMe == reference.FromMe)
                && (author is null || row.Key.Sender == author || row.Key.Sender == authorsOther)
                && HeldContent.RecipeOf(row) is null)
                return row;
        throw new SendFailedException("message-not-found", "there is no such message in this chat");
    }

    private TargetMessage Target(StoredMessage row) => new(row.Key.Id, row.Key.Chat,
        row.FromMe ? StepView.OwnDevice(link.Credentials, row.Key.Chat).ToAccount() : row.Key.Sender, row.FromMe, Message.Parser.ParseFrom(row.Content));

    // Mentions are named as the chat is addressed: by LID where it is known.
    private async ValueTask<IReadOnlyList<Jid>> MentionsAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        if (message.Mentions.Count == 0)
            return [];
        var others = await lids.LoadAsync(message.Mentions.Where(mention => mention.IsPhone).Select(mention => mention.ToAccount()), cancellationToken);
        return [.. message.Mentions.Select(mention => others.GetValueOrDefault(mention.ToAccount()) ?? mention.ToAccount())];
    }

    private long Now => link.Time.GetUtcNow().ToUnixTimeMilliseconds();

    private static Jid Addressee(OutgoingMessage message) => message.To ?? throw new SendFailedException("invalid-recipient", "there is no recipient");

    private static SendFailedException Invalid(string why) => new("validation-failed", why);
}
