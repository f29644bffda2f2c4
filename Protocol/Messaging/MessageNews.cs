using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>What becomes of a content, whoever wrote it: the changes it makes and the one event that tells it (rest-api part C).</summary>
internal static class MessageNews
{
    /// <summary>Loads what the content is about. Call it before <see cref="Tell"/>, with the content as received.</summary>
    public static async ValueTask LoadAsync(StepView view, ContentSource source, MessageContent content, CancellationToken cancellationToken)
    {
        await SealedContents.LoadAsync(view, source, content, cancellationToken);
        await TargetChanges.LoadAsync(view, source, content, cancellationToken);
    }

    /// <summary>Loads what our own messages are about that the server is about to accept.</summary>
    public static async ValueTask LoadOwnAsync(StepView view, IEnumerable<StoredMessage> rows, CancellationToken cancellationToken)
    {
        foreach (var row in rows)
            if (row is { FromApi: true, Content: { } content, Status: MessageStatus.Queued or MessageStatus.Pending, Type: ContentTypes.Edited or ContentTypes.Revoked or ContentTypes.PollVote })
                await LoadAsync(view, OwnSource(view, row), MessageReader.Read(Schema.Message.Parser.ParseFrom(content)), cancellationToken);
    }

    /// <summary>Ourselves, in the chat of a row.</summary>
    public static ContentSource OwnSource(StepView view, StoredMessage row) => new(view.Own, true, row.Key.Chat);

    /// <summary>Makes the changes and adds the event.</summary>
    /// <param name="view">The step; everything loaded.</param>
    /// <param name="source">Who wrote it, and where.</param>
    /// <param name="content">In its plain form.</param>
    /// <param name="info">The event's body so far.</param>
    public static void Tell(StepView view, ContentSource source, MessageContent content, MessageInfo info) =>
        view.Step.Batch.Events.Add(content switch
        {
            { Type: ContentTypes.PollVote, AddOn: not null } => PollVotes.Take(view, info, source, content),
            { AddOn: { Content: EventResponseContent answer } opened } => new EventAnswered(opened.Target.Id, info.MessageId, info.Chat, info.From, NameOf(answer), info.Timestamp)
            {
                FromMe = info.FromMe,
                FromPhone = info.FromPhone,
                FromLid = info.FromLid,
                ExtraGuests = answer.ExtraGuests,
            },
            { Type: ContentTypes.EphemeralSetting, Protocol: { } setting } => ChatTimers.Take(view, source, info, setting),
            _ => new MessageArrived(TargetChanges.Apply(view, source, content, info)),
        });

    private static string NameOf(EventResponseContent answer) => (int)answer.Response switch
    {
        1 => "going",
        2 => "not_going",
        3 => "maybe",
        _ => "unknown",
    };
}
