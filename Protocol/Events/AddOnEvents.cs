using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Events;

/// <summary>poll.vote: someone voted in a poll, changed the vote or took it back.</summary>
/// <param name="PollMessageId">The poll.</param>
/// <param name="MessageId">The vote's own message.</param>
/// <param name="Chat">Account or group; phone-number form when known.</param>
/// <param name="Voter">Account; phone-number form when known.</param>
/// <param name="At">Seconds since the Unix epoch.</param>
public sealed record PollVoted(string PollMessageId, string MessageId, Jid Chat, Jid Voter, long At) : DeviceEvent
{
    /// <summary>Our own vote.</summary>
    public bool FromMe { get; init; }
    /// <summary>app | api | phone | web.</summary>
    public string Source { get; init; } = "app";
    /// <summary>The caller's own reference, of a vote made through this API.</summary>
    public string? ClientRef { get; init; }
    /// <summary>The voter's phone-number account, or null when unknown.</summary>
    public Jid? VoterPhone { get; init; }
    /// <summary>The voter's LID account, or null when unknown.</summary>
    public Jid? VoterLid { get; init; }
    /// <summary>False = we do not have the poll (it is older than the link, or made up): nothing below is known.</summary>
    public bool Readable { get; init; }
    /// <summary>The question.</summary>
    public string? PollName { get; init; }
    /// <summary>What the voter chose, in the poll's order; empty = taken back.</summary>
    public IReadOnlyList<string> SelectedOptions { get; init; } = [];
    /// <summary>Every option with everyone who chose it by now.</summary>
    public IReadOnlyList<PollResult> Results { get; init; } = [];
}

/// <summary>One option of a poll and who chose it.</summary>
public sealed record PollResult(string Name, IReadOnlyList<Jid> Voters);

/// <summary>event.response: someone answered an event.</summary>
/// <param name="EventMessageId">The event.</param>
/// <param name="MessageId">The answer's own message.</param>
/// <param name="Chat">Account or group; phone-number form when known.</param>
/// <param name="From">Who; phone-number form when known.</param>
/// <param name="Response">going | not_going | maybe | unknown.</param>
/// <param name="At">Seconds since the Unix epoch.</param>
public sealed record EventAnswered(string EventMessageId, string MessageId, Jid Chat, Jid From, string Response, long At) : DeviceEvent
{
    /// <summary>Our own answer.</summary>
    public bool FromMe { get; init; }
    /// <summary>The person's phone-number account, or null when unknown.</summary>
    public Jid? FromPhone { get; init; }
    /// <summary>The person's LID account, or null when unknown.</summary>
    public Jid? FromLid { get; init; }
    /// <summary>People who come along.</summary>
    public int ExtraGuests { get; init; }
}

/// <summary>chat.update: the disappearing timer of a chat between two was changed.</summary>
/// <param name="Chat">The other side; phone-number form when known.</param>
/// <param name="Seconds">0 = off.</param>
/// <param name="By">Who changed it.</param>
/// <param name="FromMe">We did.</param>
/// <param name="At">Seconds since the Unix epoch.</param>
public sealed record ChatTimerChanged(Jid Chat, int Seconds, Jid By, bool FromMe, long At) : DeviceEvent;
