using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Events;

/// <summary>A place, degrees.</summary>
public sealed record LocationInfo(double Latitude, double Longitude, string? Name, string? Address, string? Url);

/// <summary>A contact card as received.</summary>
/// <param name="Name">As shown.</param>
/// <param name="Phones">Numbers found in the card, as written there; digits when the card names the WhatsApp account.</param>
/// <param name="Vcard">The card.</param>
public sealed record ContactInfo(string? Name, IReadOnlyList<string> Phones, string Vcard);

/// <summary>A poll.</summary>
/// <param name="Name">The question.</param>
/// <param name="Options">In order.</param>
/// <param name="SelectableCount">0 = any number.</param>
public sealed record PollInfo(string Name, IReadOnlyList<string> Options, int SelectableCount);

/// <summary>The message that a reaction, an edit, a deletion or a pin is about.</summary>
/// <param name="MessageId">Its id.</param>
/// <param name="FromMe">Ours.</param>
public sealed record TargetInfo(string MessageId, bool FromMe)
{
    /// <summary>Its author in groups.</summary>
    public Jid? Participant { get; init; }
    /// <summary>Its text before an edit or deletion, when it is stored.</summary>
    public string? PreviousText { get; init; }
    /// <summary>The whole message before a deletion, when it is stored.</summary>
    public MessageInfo? Previous { get; init; }
    /// <summary>True = pinned or kept, false = no longer.</summary>
    public bool? Value { get; init; }
}
