using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>The stored message that another one is about: edited, deleted, voted in, reacted to.</summary>
internal static class TargetRows
{
    /// <summary>Loads what may be the row of this message. The author's addresses are loaded too.</summary>
    public static async ValueTask LoadAsync(StepView view, Jid chat, Jid author, string id, CancellationToken cancellationToken)
    {
        await view.Lids.LoadAsync([chat, author], cancellationToken);
        await view.Rows.LoadAsync(KeysOf(view, chat, author, id), cancellationToken);
    }

    /// <summary>The row, or null. Must have been loaded.</summary>
    public static StoredMessage? Find(StepView view, Jid chat, Jid author, string id)
    {
        foreach (var key in KeysOf(view, chat, author, id))
            if (view.Rows.Find(key) is { } row)
                return row;
        return null;
    }

    // Whichever forms the addresses had when the row was made.
    private static IEnumerable<MessageKey> KeysOf(StepView view, Jid chat, Jid author, string id) =>
        from place in Forms(view, chat) from sender in Forms(view, author) select new MessageKey(place, sender, id);

    private static IEnumerable<Jid> Forms(StepView view, Jid jid)
    {
        var account = jid.ToAccount();
        return account.IsUser ? new[] { view.Lids.LidOf(account), view.Lids.PhoneOf(account), account }.OfType<Jid>().Distinct() : [account];
    }
}
