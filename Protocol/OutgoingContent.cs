namespace WhatsApp.Protocol;

/// <summary>What a message holds.</summary>
public abstract record OutgoingContent;

/// <summary>A text of 1 … 65536 characters.</summary>
public sealed record OutgoingText(string Text) : OutgoingContent
{
    /// <summary>Of a link in it, or null.</summary>
    public LinkPreview? Preview { get; init; }
}

/// <summary>What is shown of a link (wire/05 §8, "Link preview").</summary>
/// <param name="Link">As it stands in the text.</param>
/// <param name="Title">Headline.</param>
public sealed record LinkPreview(string Link, string Title)
{
    /// <summary>Lines below it, or null.</summary>
    public string? Description { get; init; }
    /// <summary>A small JPEG, at most 64 KiB, or null.</summary>
    public byte[]? Thumbnail { get; init; }
}

/// <summary>A place, in degrees.</summary>
public sealed record OutgoingLocation(double Latitude, double Longitude) : OutgoingContent
{
    /// <summary>Title, or null.</summary>
    public string? Name { get; init; }
    /// <summary>Line below the title, or null.</summary>
    public string? Address { get; init; }
    /// <summary>Link, or null.</summary>
    public string? Url { get; init; }
}

/// <summary>One contact card, or several.</summary>
/// <param name="Cards">1 … 50.</param>
public sealed record OutgoingContacts(IReadOnlyList<ContactCard> Cards) : OutgoingContent;

/// <summary>A card.</summary>
/// <param name="Name">As shown.</param>
/// <param name="Phone">Digits; null only with a <see cref="Vcard"/>.</param>
public sealed record ContactCard(string Name, string? Phone)
{
    /// <summary>Company, or null.</summary>
    public string? Organization { get; init; }
    /// <summary>Mail address, or null.</summary>
    public string? Email { get; init; }
    /// <summary>Web page, or null.</summary>
    public string? Url { get; init; }
    /// <summary>A whole vCard to send as it is, instead of one made of the other fields.</summary>
    public string? Vcard { get; init; }
}

/// <summary>A poll.</summary>
/// <param name="Name">The question.</param>
/// <param name="Options">2 … 12, all different.</param>
/// <param name="Selectable">How many may be chosen; 0 = any number.</param>
public sealed record OutgoingPoll(string Name, IReadOnlyList<string> Options, int Selectable) : OutgoingContent;

/// <summary>An emoji on a message; empty = take ours back.</summary>
public sealed record OutgoingReaction(MessageReference Target, string Emoji) : OutgoingContent;

/// <summary>Our vote in a poll; it replaces an earlier one.</summary>
/// <param name="Target">The poll.</param>
/// <param name="Options">Names as the poll has them; none = take the vote back.</param>
public sealed record OutgoingPollVote(MessageReference Target, IReadOnlyList<string> Options) : OutgoingContent;

/// <summary>Pins a message for everyone in the chat, or unpins it.</summary>
/// <param name="Target">The message.</param>
/// <param name="Duration">A day, a week or 30 days; zero = unpin.</param>
public sealed record OutgoingPin(MessageReference Target, TimeSpan Duration) : OutgoingContent;

/// <summary>A new text (or caption) for a message of ours.</summary>
public sealed record OutgoingEdit(MessageReference Target, string Text) : OutgoingContent;

/// <summary>Deletes a message for everyone.</summary>
public sealed record OutgoingRevoke(MessageReference Target) : OutgoingContent;

/// <summary>The content of a stored message, marked as forwarded.</summary>
/// <param name="Source">The message; looked up in all chats.</param>
public sealed record OutgoingForward(MessageReference Source) : OutgoingContent;
