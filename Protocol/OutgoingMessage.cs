using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol;

/// <summary>A message to send.</summary>
/// <param name="To">The recipient's account; null = the chat of the message that the content is about (edit, revoke, reaction).</param>
/// <param name="Content">What to send.</param>
public sealed record OutgoingMessage(Jid? To, OutgoingContent Content)
{
    /// <summary>Caller-chosen id; null = made here.</summary>
    public string? MessageId { get; init; }
    /// <summary>The id was made for this message and has never been used: nobody looks whether it has been sent before.</summary>
    public bool IsNewId { get; init; }
    /// <summary>Echoed in events.</summary>
    public string? ClientRef { get; init; }
    /// <summary>The message this one answers.</summary>
    public MessageReference? Quoted { get; init; }
    /// <summary>Accounts mentioned in the text.</summary>
    public IReadOnlyList<Jid> Mentions { get; init; } = [];
    /// <summary>Mentions every member of the group.</summary>
    public bool MentionsAll { get; init; }
    /// <summary>Disappearing timer, seconds; 0 = the group's own, or none.</summary>
    public int EphemeralExpiration { get; init; }
    /// <summary>Typing is shown this long before it leaves; a minute at most.</summary>
    public TimeSpan Delay { get; init; }
    /// <summary>What is shown during the delay; null = nothing.</summary>
    public TypingState? Typing { get; init; }
    /// <summary>Queued until then; null = until there is a connection.</summary>
    public DateTimeOffset? NotBefore { get; init; }
    /// <summary>Order among messages that wait: 0 first … 9 last.</summary>
    public int Priority { get; init; } = StoredMessage.DefaultPriority;
}

/// <summary>Points at a message of the same chat that this device has stored.</summary>
/// <param name="Id">Its id.</param>
public sealed record MessageReference(string Id)
{
    /// <summary>Its author, when the caller told.</summary>
    public Jid? Participant { get; init; }
    /// <summary>Whether it is ours, when the caller told.</summary>
    public bool? FromMe { get; init; }
}
