using System.Globalization;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>One <c>enc</c> of a message.</summary>
/// <param name="Type">pkmsg, msg, skmsg, msmsg.</param>
/// <param name="Count">Resend number; 0 = first.</param>
/// <param name="Bytes">Ciphertext.</param>
internal readonly record struct EncryptedPart(string Type, int Count, ReadOnlyMemory<byte> Bytes);

/// <summary>The outside of an incoming message (wire/04 §8.1): what the stanza says before anything is decrypted.</summary>
/// <param name="Stanza">As received.</param>
/// <param name="Id">1 … 128 characters.</param>
/// <param name="From">Where it came from: account, group, list.</param>
/// <param name="Author">The device that wrote it.</param>
/// <param name="FromMe">Written by another device of ours.</param>
/// <param name="Timestamp">Seconds since the Unix epoch.</param>
internal sealed record IncomingMessage(Node Stanza, string Id, Jid From, Jid Author, bool FromMe, long Timestamp)
{
    private const int MaxPushName = 256;
    private const int MaxParts = 16;

    /// <summary>The chat, when the stanza says it: null for our own messages without recipient.</summary>
    public Jid? Chat { get; private init; }
    /// <summary>Phone ↔ LID pairs the stanza tells.</summary>
    public IReadOnlyList<(Jid Phone, Jid Lid)> Pairs { get; private init; } = [];
    /// <summary>System traffic of our own account.</summary>
    public bool Peer { get; private init; }
    /// <summary>From the server's backlog.</summary>
    public bool Offline { get; private init; }
    /// <summary>Display name the sender gave.</summary>
    public string? PushName { get; private init; }
    /// <summary>Ciphertexts in document order.</summary>
    public IReadOnlyList<EncryptedPart> Parts { get; private init; } = [];
    /// <summary>Content that is not sent to this device: its kind, or "" for a gap.</summary>
    public string? Unavailable { get; private init; }

    /// <summary>Reads a message stanza; null = it lacks what every message has.</summary>
    public static IncomingMessage? Read(Node stanza, DeviceCredentials own, long nowSeconds)
    {
        if (stanza["id"] is not { Length: > 0 and <= MessageIds.MaxLength } id || stanza.JidOf("from") is not { IsEmpty: false } from || from.User.Length == 0)
            return null;
        var direct = from.IsUser || from.Server == Jid.BotServer;
        if ((direct ? from : stanza.JidOf("participant")) is not { } author || !(author.IsUser || author.Server == Jid.BotServer))
            return from.Server == Jid.NewsletterServer ? Channel(stanza, id, from, nowSeconds) : null;
        var fromMe = IsOwn(own, author);
        var recipient = fromMe && direct ? stanza.JidOf("recipient") : null;
        if (recipient is { User.Length: 0 })
            return null;
        return new IncomingMessage(stanza, id, from, author, fromMe, Timestamps.Read(stanza["t"]) ?? nowSeconds)
        {
            Chat = !direct ? from : fromMe ? recipient?.ToAccount() : from.ToAccount(),
            Pairs = PairsOf(stanza, author, recipient, direct),
            Peer = fromMe && stanza["category"] == "peer",
            Offline = stanza["offline"] is not null,
            PushName = stanza["notify"] is { Length: > 0 } name ? name[..Math.Min(name.Length, MaxPushName)] : null,
            Parts = PartsOf(stanza),
            Unavailable = stanza.Child("unavailable") is { } gap ? KindOf(stanza, gap) : null,
        };
    }

    private static IncomingMessage Channel(Node stanza, string id, Jid from, long nowSeconds) =>
        new(stanza, id, from, from, false, Timestamps.Read(stanza["t"]) ?? nowSeconds) { Chat = from, Offline = stanza["offline"] is not null };

    private static bool IsOwn(DeviceCredentials own, Jid jid) => own.Jid is { } phone && phone.IsSameAccount(jid) || own.Lid is { } lid && lid.IsSameAccount(jid);

    private static List<(Jid, Jid)> PairsOf(Node stanza, Jid author, Jid? recipient, bool direct)
    {
        List<(Jid, Jid)> pairs = [];
        Add(author, direct ? stanza.JidOf("sender_lid") : stanza.JidOf("participant_lid"), direct ? stanza.JidOf("sender_pn") : stanza.JidOf("participant_pn"));
        if (recipient is { } other)
            Add(other, stanza.JidOf("peer_recipient_lid") ?? stanza.JidOf("recipient_lid"), stanza.JidOf("peer_recipient_pn") ?? stanza.JidOf("recipient_pn"));
        return pairs;

        void Add(Jid known, Jid? lid, Jid? phone)
        {
            if (known.IsPhone && lid is { IsLid: true } told)
                pairs.Add((known.ToAccount(), told.ToAccount()));
            else if (known.IsLid && phone is { IsPhone: true } number)
                pairs.Add((number.ToAccount(), known.ToAccount()));
        }
    }

    private static List<EncryptedPart> PartsOf(Node stanza)
    {
        List<EncryptedPart> parts = [];
        foreach (var enc in stanza.ChildrenOf("enc").Take(MaxParts))
            if (enc["type"] is { } type && enc.Bytes is { } bytes && (enc["v"] ?? "2") == "2")
                parts.Add(new EncryptedPart(type, int.TryParse(enc["count"], NumberStyles.None, CultureInfo.InvariantCulture, out var count) ? count : 0, bytes));
        return parts;
    }

    private static string KindOf(Node stanza, Node gap) =>
        gap["type"] == "view_once" ? "view_once" : gap["hosted"] == "true" ? "hosted" : stanza.Child("bot") is not null || gap.Child("bot") is not null ? "bot" : "";
}

/// <summary>Timestamps of stanzas: seconds since the Unix epoch.</summary>
internal static class Timestamps
{
    private const long Latest = 253_402_300_799; // year 9999

    /// <summary>The number, or null when it is none.</summary>
    public static long? Read(string? text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds is > 0 and <= Latest ? seconds : null;
}
