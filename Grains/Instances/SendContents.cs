using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Grains.Media;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Grains.Instances;

/// <summary>From the contract of a send to what the device takes. Pure.</summary>
internal static class SendContents
{
    public static OutgoingMessage Read(SendRequest request, LinkPreview? preview = null) => new(request.To is { } to ? Jid.Parse(to) : null, Content(request.Content, preview))
    {
        MessageId = request.MessageId,
        IsNewId = request.IsNewId,
        ClientRef = request.ClientRef,
        Quoted = request.Quoted is { } quoted ? Reference(quoted) : null,
        Mentions = [.. request.Mentions.Select(Jid.Parse)],
        MentionsAll = request.MentionsAll,
        EphemeralExpiration = request.EphemeralExpiration,
        Delay = request.Delay,
        Typing = request.Typing is { } typing ? InstanceGrain.TypingOf(typing) : null,
        NotBefore = request.SendAt,
        Priority = request.Priority,
    };

    private static OutgoingContent Content(SendContent content, LinkPreview? preview) => content switch
    {
        TextContent text => new OutgoingText(text.Text) { Preview = preview },
        LocationContent place => new OutgoingLocation(place.Latitude, place.Longitude) { Name = place.Name, Address = place.Address, Url = place.Url },
        ContactsContent contacts => new OutgoingContacts([.. contacts.Cards.Select(Card)]),
        PollContent poll => new OutgoingPoll(poll.Name, poll.Options, poll.Selectable),
        ReactionContent reaction => new OutgoingReaction(Reference(reaction.Target), reaction.Emoji),
        PollVoteContent vote => new OutgoingPollVote(Reference(vote.Target), vote.Options),
        PinContent pin => new OutgoingPin(Reference(pin.Target), TimeSpan.FromSeconds(pin.Seconds)),
        EditContent edit => new OutgoingEdit(Reference(edit.Target), edit.Text),
        RevokeContent revoke => new OutgoingRevoke(Reference(revoke.Target)),
        MediaContent media => MediaRecipe.Held(media),
        ForwardContent forward => new OutgoingForward(Reference(forward.Source)),
        _ => throw new ArgumentOutOfRangeException(nameof(content), content.GetType().Name, "this content is not known"),
    };

    private static ContactCard Card(ContactEntry card) =>
        new(card.Name, card.Phone) { Organization = card.Organization, Email = card.Email, Url = card.Url, Vcard = card.Vcard };

    private static MessageReference Reference(MessagePointer pointer) => new(pointer.Id)
    {
        Participant = pointer.Participant is { } author ? Jid.Parse(author) : null,
        FromMe = pointer.FromMe,
    };
}
