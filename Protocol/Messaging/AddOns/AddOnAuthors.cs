using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Messaging.AddOns;

/// <summary>A person under both addresses, as far as known.</summary>
internal readonly record struct BothAddresses(Jid? Lid, Jid? Phone);

/// <summary>Who wrote the parent of an add-on, and in which address forms to try it (wire/04 §14).</summary>
internal static class AddOnAuthors
{
    /// <summary>
    /// The parent's author. The key inside an add-on is written from its sender's point of view: fromMe = that sender; else in a group the
    /// key's participant, and in a 1:1 the other side, which is us for an add-on of the other side and the chat for our own.
    /// </summary>
    /// <param name="key">Key inside the add-on.</param>
    /// <param name="addOnAuthor">Who sent the add-on.</param>
    /// <param name="addOnFromMe">One of our own devices sent it.</param>
    /// <param name="chat">Group, or the other side.</param>
    /// <param name="own">Our account.</param>
    public static Jid? ParentAuthor(Schema.MessageKey key, Jid addOnAuthor, bool addOnFromMe, Jid chat, Jid own)
    {
        if (key.FromMe)
            return addOnAuthor.ToAccount();
        if (Jid.TryParse(key.Participant, out var participant) && participant.IsUser)
            return participant.ToAccount();
        if (!chat.IsUser)
            return null;
        return addOnFromMe ? chat.ToAccount() : own.ToAccount();
    }

    /// <summary>Both as LID, both as phone number, as received, then mixed; each pair once.</summary>
    public static IEnumerable<AddOnParties> Candidates(string parentId, Jid parentAuthor, BothAddresses parent, Jid addOnAuthor, BothAddresses addOn)
    {
        (Jid? Parent, Jid? AddOn)[] pairs =
        [
            (parent.Lid, addOn.Lid), (parent.Phone, addOn.Phone), (parentAuthor, addOnAuthor), (parent.Phone, addOn.Lid), (parent.Lid, addOn.Phone),
        ];
        return pairs.Where(pair => pair is { Parent: not null, AddOn: not null })
            .Select(pair => new AddOnParties(parentId, pair.Parent!.Value.ToAccount(), pair.AddOn!.Value.ToAccount()))
            .Distinct();
    }
}
