namespace WhatsApp.Grains.Abstractions.Instances;

/// <summary>A message to send, already validated for shape by the gateway.</summary>
/// <param name="To">Normalised JID text; null = the chat of the message that the content is about.</param>
/// <param name="Content">What to send.</param>
[GenerateSerializer, Alias("wa.SendRequest")]
public sealed record SendRequest([property: Id(0)] string? To, [property: Id(1)] SendContent Content)
{
    /// <summary>Caller-chosen message id, or null.</summary>
    [Id(2)] public string? MessageId { get; init; }
    /// <summary>Echoed in events.</summary>
    [Id(3)] public string? ClientRef { get; init; }
    /// <summary>False: fail with instance-not-connected instead of waiting in the queue.</summary>
    [Id(4)] public bool Queue { get; init; } = true;
    /// <summary>True: answer "queued" at once.</summary>
    [Id(5)] public bool Async { get; init; }
    /// <summary>The message this one answers.</summary>
    [Id(6)] public MessagePointer? Quoted { get; init; }
    /// <summary>Normalised JID texts of those mentioned.</summary>
    [Id(7)] public IReadOnlyList<string> Mentions { get; init; } = [];
    /// <summary>Disappearing timer, seconds; 0 = none.</summary>
    [Id(8)] public int EphemeralExpiration { get; init; }
    /// <summary>Typing is shown this long before it leaves; a minute at most.</summary>
    [Id(9)] public TimeSpan Delay { get; init; }
    /// <summary>What is shown during the delay; null = nothing.</summary>
    [Id(10)] public Chats.ChatTyping? Typing { get; init; }
    /// <summary>Not before this time; null = now.</summary>
    [Id(11)] public DateTimeOffset? SendAt { get; init; }
    /// <summary>Order among messages that wait: 0 first … 9 last.</summary>
    [Id(12)] public int Priority { get; init; } = 5;
    /// <summary>Mentions every member of the group.</summary>
    [Id(13)] public bool MentionsAll { get; init; }
    /// <summary><see cref="MessageId"/> was made for this call and is given for the first time: no look whether it was sent before.</summary>
    [Id(14)] public bool IsNewId { get; init; }
}

/// <summary>Names a stored message.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Participant">Its author, JID text, when told.</param>
/// <param name="FromMe">Whether it is ours, when told.</param>
[GenerateSerializer, Alias("wa.MessagePointer")]
public sealed record MessagePointer([property: Id(0)] string Id, [property: Id(1)] string? Participant = null, [property: Id(2)] bool? FromMe = null);

/// <summary>What a message holds.</summary>
[GenerateSerializer, Alias("wa.SendContent")]
public abstract record SendContent;

/// <summary>A text.</summary>
[GenerateSerializer, Alias("wa.SendContent.Text")]
public sealed record TextContent([property: Id(0)] string Text) : SendContent
{
    /// <summary>What the caller says about the preview of the link in it; null = one is made when there is a link.</summary>
    [Id(1)] public LinkPreviewWish? Preview { get; init; }
}

/// <summary>The preview of a link in a text. What is null is read from the page.</summary>
/// <param name="IsWanted">False: none at all.</param>
[GenerateSerializer, Alias("wa.LinkPreviewWish")]
public sealed record LinkPreviewWish([property: Id(0)] bool IsWanted)
{
    /// <summary>Headline; when given, the page is not asked.</summary>
    [Id(1)] public string? Title { get; init; }
    /// <summary>Lines below it.</summary>
    [Id(2)] public string? Description { get; init; }
    /// <summary>The link, a part of the text; null = the first one in it.</summary>
    [Id(3)] public string? Url { get; init; }
    /// <summary>Address of the picture.</summary>
    [Id(4)] public string? ThumbnailUrl { get; init; }
}

/// <summary>A place, degrees.</summary>
[GenerateSerializer, Alias("wa.SendContent.Location")]
public sealed record LocationContent(
    [property: Id(0)] double Latitude, [property: Id(1)] double Longitude, [property: Id(2)] string? Name, [property: Id(3)] string? Address, [property: Id(4)] string? Url) : SendContent;

/// <summary>Contact cards.</summary>
[GenerateSerializer, Alias("wa.SendContent.Contacts")]
public sealed record ContactsContent([property: Id(0)] IReadOnlyList<ContactEntry> Cards) : SendContent;

/// <summary>One card: its fields, or a whole vCard.</summary>
[GenerateSerializer, Alias("wa.ContactEntry")]
public sealed record ContactEntry(
    [property: Id(0)] string Name, [property: Id(1)] string? Phone, [property: Id(2)] string? Organization, [property: Id(3)] string? Email, [property: Id(4)] string? Url,
    [property: Id(5)] string? Vcard);

/// <summary>A poll. Selectable 0 = any number.</summary>
[GenerateSerializer, Alias("wa.SendContent.Poll")]
public sealed record PollContent([property: Id(0)] string Name, [property: Id(1)] IReadOnlyList<string> Options, [property: Id(2)] int Selectable) : SendContent;

/// <summary>An emoji on a message; empty takes it back.</summary>
[GenerateSerializer, Alias("wa.SendContent.Reaction")]
public sealed record ReactionContent([property: Id(0)] MessagePointer Target, [property: Id(1)] string Emoji) : SendContent;

/// <summary>Our vote in a poll; no options take it back.</summary>
[GenerateSerializer, Alias("wa.SendContent.PollVote")]
public sealed record PollVoteContent([property: Id(0)] MessagePointer Target, [property: Id(1)] IReadOnlyList<string> Options) : SendContent;

/// <summary>Pins a message for everyone. Seconds: 86400, 604800 or 2592000; 0 = unpin.</summary>
[GenerateSerializer, Alias("wa.SendContent.Pin")]
public sealed record PinContent([property: Id(0)] MessagePointer Target, [property: Id(1)] int Seconds) : SendContent;

/// <summary>A new text for a message of ours.</summary>
[GenerateSerializer, Alias("wa.SendContent.Edit")]
public sealed record EditContent([property: Id(0)] MessagePointer Target, [property: Id(1)] string Text) : SendContent;

/// <summary>Deletes a message for everyone.</summary>
[GenerateSerializer, Alias("wa.SendContent.Revoke")]
public sealed record RevokeContent([property: Id(0)] MessagePointer Target) : SendContent;

/// <summary>The content of a stored message once more.</summary>
[GenerateSerializer, Alias("wa.SendContent.Forward")]
public sealed record ForwardContent([property: Id(0)] MessagePointer Source) : SendContent;

/// <summary>What became of a send. Status: queued | scheduled | server_ack. Timestamp seconds since the Unix epoch.</summary>
[GenerateSerializer, Alias("wa.SendReceipt")]
public sealed record SendReceipt([property: Id(0)] string MessageId, [property: Id(1)] string To, [property: Id(2)] string Status, [property: Id(3)] long Timestamp, [property: Id(4)] string? ClientRef)
{
    /// <summary>Place in the queue, from 1; null = it does not wait.</summary>
    [Id(5)] public int? Position { get; init; }
    /// <summary>When it will leave; null = not known, or gone.</summary>
    [Id(6)] public DateTimeOffset? EstimatedAt { get; init; }
}

/// <summary>Where a stored message stands. Status names as in message.ack, and queued, pending, received, failed.</summary>
[GenerateSerializer, Alias("wa.MessageReport")]
public sealed record MessageReport(
    [property: Id(0)] string MessageId, [property: Id(1)] string ChatId, [property: Id(2)] bool FromMe, [property: Id(3)] string Type, [property: Id(4)] string Status,
    [property: Id(5)] long Timestamp, [property: Id(6)] string? ClientRef, [property: Id(7)] string? Failure)
{
    /// <summary>Its file, or null.</summary>
    [Id(8)] public FileReport? File { get; init; }
}
