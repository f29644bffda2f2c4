using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Messaging.Groups;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>
/// Receipts, both ways (wire/04 §10.1, §10.3).
/// <code>
/// &lt;receipt id to=from [participant] [recipient] [type="sender|peer_msg|hist_sync"]/&gt;
/// &lt;receipt from id [type="read|played|inactive|…"] t [participant]&gt;[&lt;list&gt;&lt;item id/&gt;…&lt;/list&gt;]&lt;/receipt&gt;
/// </code>
/// </summary>
internal static class Receipts
{
    private const int MaxIds = 512;

    /// <summary>Says that we have a message. It is also its ack.</summary>
    public static Node For(IncomingMessage message)
    {
        var stanza = message.Stanza;
        if (message.Peer)
            return new Node("receipt", ("id", message.Id), ("to", message.Author.ToAccount().ToString()), ("type", "peer_msg"));
        return message.FromMe
            ? new Node("receipt", ("id", message.Id), ("to", stanza["from"]), ("recipient", stanza["recipient"]), ("participant", stanza["participant"]), ("type", "sender"))
            : new Node("receipt", ("id", message.Id), ("to", stanza["from"]), ("participant", stanza["participant"]));
    }

    /// <summary>Says that a history notice arrived.</summary>
    public static Node HistorySync(IncomingMessage message) =>
        new("receipt", ("id", message.Id), ("to", message.Author.ToAccount().ToString()), ("type", "hist_sync"));

    /// <summary>All message ids a receipt names.</summary>
    public static IEnumerable<string> IdsOf(Node receipt)
    {
        var listed = receipt.Child("list")?.ChildrenOf("item").Select(item => item["id"]) ?? [];
        return listed.Prepend(receipt["id"]).Where(id => id is { Length: > 0 and <= MessageIds.MaxLength }).Select(id => id!).Distinct().Take(MaxIds);
    }

    /// <summary>Moves our messages on. Rows and the addresses of their chats must have been loaded.</summary>
    public static void Take(StepView view, Node receipt, OutgoingStates states, GroupReceipts groups)
    {
        if (StatusOf(receipt["type"]) is not { } status || receipt.JidOf("from") is not { } from || view.IsOwn(from))
            return;
        if (from.IsGroup)
        {
            groups.Take(view, receipt, from, status, states);
            return;
        }
        var participant = receipt.JidOf("participant");
        var at = Timestamps.Read(receipt["t"]) ?? view.Now / 1000;
        List<StoredMessage> moved = [];
        foreach (var id in IdsOf(receipt))
            foreach (var row in view.Rows.Outgoing(id).ToList())
                if (row.Key.Chat == view.Lids.Canonical(from) || view.Lids.Canonical(row.Key.Chat) == view.Lids.Canonical(from))
                {
                    if (states.Advance(view, row, status, at))
                        moved.Add(view.Rows.Find(row.Key)!);
                }
        OutgoingStates.Tell(view, moved, status, from.IsUser ? null : participant, at);
    }

    private static MessageStatus? StatusOf(string? type) => type switch
    {
        null or "" or "delivery" or "inactive" => MessageStatus.Delivered,
        "read" => MessageStatus.Read,
        "played" => MessageStatus.Played,
        _ => null,
    };
}
