using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Devices;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging.Groups;

/// <summary>
/// Receipts of group members (wire/04 §10.3): each member's state is told once per message and only forward, whichever of his devices says so.
/// <code>
/// &lt;receipt from="…@g.us" participant id [type] t&gt;[&lt;list&gt;&lt;item id/&gt;…&lt;/list&gt;]&lt;/receipt&gt;
/// &lt;receipt from="…@g.us" [type] id&gt;&lt;participants key="message id"&gt;&lt;user jid t/&gt;…&lt;/participants&gt;&lt;/receipt&gt;
/// </code>
/// What was told is remembered for the last messages only: after a restart a state may be told once more.
/// </summary>
internal sealed class GroupReceipts
{
    private readonly LruCache<(string Id, Jid Reader), MessageStatus> _told = new(8192);

    /// <summary>Forgets everything: another account is linked.</summary>
    public void Clear() => _told.Clear();

    /// <summary>Moves our messages on. Rows and the readers' addresses must have been loaded.</summary>
    public void Take(StepView view, Node receipt, Jid group, MessageStatus status, OutgoingStates states)
    {
        var at = Timestamps.Read(receipt["t"]) ?? view.Now / 1000;
        if (receipt.JidOf("participant") is { IsUser: true } reader)
            Take(view, group, Receipts.IdsOf(receipt), reader, status, at, states);
        foreach (var (id, user, when) in Aggregated(receipt))
            Take(view, group, [id], user, status, when ?? at, states);
    }

    /// <summary>Ids and readers of the aggregated form.</summary>
    public static IEnumerable<(string Id, Jid Reader, long? At)> Aggregated(Node receipt)
    {
        foreach (var list in receipt.ChildrenOf("participants"))
            if (list["key"] is { Length: > 0 and <= MessageIds.MaxLength } id)
                foreach (var user in list.ChildrenOf("user"))
                    if (user.JidOf("jid") is { IsUser: true } reader)
                        yield return (id, reader, Timestamps.Read(user["t"]));
    }

    private void Take(StepView view, Jid group, IEnumerable<string> ids, Jid reader, MessageStatus status, long at, OutgoingStates states)
    {
        if (view.IsOwn(reader))
            return;
        var account = view.Lids.Canonical(reader);
        List<StoredMessage> news = [];
        foreach (var id in ids)
            foreach (var row in view.Rows.Outgoing(id).Where(row => row.Key.Chat == group).ToList())
            {
                states.Advance(view, row, status, at);
                if (row.Status is not (MessageStatus.Failed or MessageStatus.Undecryptable) && IsNews(view, id, account, status))
                    news.Add(row);
            }
        OutgoingStates.Tell(view, news, status, reader, at);
    }

    private bool IsNews(StepView view, string id, Jid reader, MessageStatus status)
    {
        var key = (id, reader);
        var before = view.ReadersOfStep.TryGetValue(key, out var now) || _told.TryGet(key, out now) ? now : MessageStatus.ServerAck;
        if (status <= before)
            return false;
        view.ReadersOfStep[key] = status;
        view.Step.AfterCommit.Add(() => _told.Set(key, status));
        return true;
    }
}
