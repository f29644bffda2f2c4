using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging.AddOns;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>The states of our own messages: only forward, each change with its events (architecture §4).</summary>
internal sealed class OutgoingStates(LiveSends live)
{
    /// <summary>Loads the addresses of everyone whom the events of these rows name.</summary>
    public static ValueTask LoadNamesAsync(StepView view, IEnumerable<StoredMessage> rows, CancellationToken cancellationToken) =>
        view.Lids.LoadAsync(rows.SelectMany(row => row is { FromApi: true, Status: < MessageStatus.ServerAck, Content: { } content }
            ? MessageInfos.AccountsIn(MessageReader.Read(Schema.Message.Parser.ParseFrom(content))).Prepend(row.Key.Chat) : [row.Key.Chat]), cancellationToken);

    /// <summary>Moves a row on; false when it is there already. The first time the server is known to have it, message.sent is told.</summary>
    /// <param name="view">The step; the chat's addresses loaded.</param>
    /// <param name="row">As the step sees it.</param>
    /// <param name="to">New state.</param>
    /// <param name="at">Seconds since the Unix epoch.</param>
    public bool Advance(StepView view, StoredMessage row, MessageStatus to, long at)
    {
        // A placeholder of another device's message stays one until its content is here.
        if (row.Status is MessageStatus.Undecryptable or MessageStatus.Failed || row.Status >= to)
            return false;
        var first = row.Status < MessageStatus.ServerAck;
        if (first)
            MarkGivenKey(view, row);
        var next = row with { Status = to, Timestamp = first && to == MessageStatus.ServerAck ? at : row.Timestamp };
        view.Rows.Put(next);
        if (first)
        {
            var display = view.Lids.Display(row.Key.Chat);
            view.Step.AfterCommit.Add(() => live.Settle(next, null, display));
        }
        if (first && row.FromApi)
            TellSent(view, next);
        return true;
    }

    private static void TellSent(StepView view, StoredMessage row)
    {
        var (info, content) = MessageInfos.Own(view, row);
        if (info is { Media: not null, Target: null } && MediaReader.Row(row.Key, fromMe: true, content.Body, view.Now) is { } media)
            view.Step.Batch.Media[row.Key] = media with { OwnUpload = true };
        var source = MessageNews.OwnSource(view, row);
        MessageNews.Tell(view, source, SealedContents.Read(view, source, content), info);
    }

    /// <summary>The server has it, and with it everyone the sender key it brought.</summary>
    public void Accept(StepView view, StoredMessage row, long at)
    {
        if (Advance(view, row, MessageStatus.ServerAck, at))
            Tell(view, [row], MessageStatus.ServerAck, null, at);
        else
            MarkGivenKey(view, row); // of a message that was completed
    }

    private void MarkGivenKey(StepView view, StoredMessage row)
    {
        if (live.Find(row.Key.Id) is not { Given: { } given } outgoing)
            return;
        given.Mark(view);
        view.Step.AfterCommit.Add(() => outgoing.Given = outgoing.Given == given ? null : outgoing.Given);
    }

    /// <summary>Tells message.ack for rows that moved.</summary>
    public static void Tell(StepView view, IEnumerable<StoredMessage> rows, MessageStatus status, Jid? participant, long at)
    {
        foreach (var group in rows.GroupBy(row => (row.Key.Chat, row.ClientRef)))
            view.Step.Batch.Events.Add(new MessageAcked([.. group.Select(row => row.Key.Id)], view.Lids.Display(group.Key.Chat), status,
                participant is { } user ? view.Lids.Display(user) : null, at, group.Key.ClientRef));
    }

    /// <summary>Ends a row that the server does not have; false when it has.</summary>
    public bool Fail(StepView view, StoredMessage row, SendFailedException failure)
    {
        if (row.Status is not (MessageStatus.Queued or MessageStatus.Pending))
            return false;
        var display = view.Lids.Display(row.Key.Chat);
        view.Rows.Put(row with { Status = MessageStatus.Failed, Failure = failure.Code });
        view.Step.Batch.Events.Add(new MessageFailed(row.Key.Id, display, failure.Code, failure.Nack, row.ClientRef) { Until = failure.Until });
        view.Step.AfterCommit.Add(() => live.Settle(row, failure, display));
        return true;
    }

    /// <summary>The caller took a queued row back: whoever is about to send it finds it ended. No event: the caller knows.</summary>
    public void Cancel(StepView view, StoredMessage row)
    {
        var ended = row with { Status = MessageStatus.Failed, Failure = "cancelled" };
        var display = view.Lids.Display(row.Key.Chat);
        view.Rows.Put(ended);
        view.Step.AfterCommit.Add(() => live.Settle(ended, new SendFailedException("cancelled", "the message was taken out of the queue", null, row.Key.Id), display));
    }
}
