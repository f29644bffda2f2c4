using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Events;

/// <summary>Something that happened to a device. Becomes a webhook (rest-api part C) through the host.</summary>
public abstract record DeviceEvent;

/// <summary>connection.open: a login succeeded.</summary>
public sealed record ConnectionOpened(Jid Jid, Jid? Lid, string? PushName, string? Platform, bool IsNewLogin, bool Resumed) : DeviceEvent;

/// <summary>connection.close. <see cref="Reason"/> is one of the names of rest-api part C; code is the server's number, 0 if none.</summary>
public sealed record ConnectionClosed(string Reason, int Code, string? Detail, bool WillReconnect, TimeSpan? RetryIn, bool CredentialsKept) : DeviceEvent;

/// <summary>qr.update: a new code is shown. Attempt starts at 1.</summary>
public sealed record QrUpdated(string Qr, int Attempt, int MaxAttempts, DateTimeOffset ExpiresAt) : DeviceEvent
{
    /// <summary>The code that may be typed instead, XXXX-XXXX, or null.</summary>
    public string? PairingCode { get; init; }
    /// <summary>When that code is no longer taken.</summary>
    public DateTimeOffset? PairingCodeExpiresAt { get; init; }
}

/// <summary>passkey.required: the server demands a passkey before it links. WebAuthn request options, JSON.</summary>
public sealed record PasskeyRequired(string OptionsJson) : DeviceEvent;

/// <summary>passkey.confirm: the user is to compare this code with the phone's.</summary>
public sealed record PasskeyConfirm(string Code) : DeviceEvent;

/// <summary>message.received or message.sent (<see cref="MessageInfo.FromMe"/>); with a target, message.reaction, message.edited or message.deleted by its type.</summary>
public sealed record MessageArrived(MessageInfo Message) : DeviceEvent;

/// <summary>message.ack: the status of our messages moved forward.</summary>
public sealed record MessageAcked(IReadOnlyList<string> MessageIds, Jid Chat, Store.MessageStatus Status, Jid? Participant, long At, string? ClientRef) : DeviceEvent;

/// <summary>message.failed. <see cref="Code"/> as in rest-api part A.</summary>
public sealed record MessageFailed(string MessageId, Jid Chat, string Code, int? Nack, string? ClientRef) : DeviceEvent
{
    /// <summary>When it may be tried again, if the server said so.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary>message.undecryptable: a resend was asked for, or given up.</summary>
public sealed record MessageUndecryptable(string MessageId, Jid Chat, Jid From, int Attempt, int MaxAttempts) : DeviceEvent;

/// <summary>lid.mapped.</summary>
public sealed record LidMapped(Jid Phone, Jid Lid) : DeviceEvent;

/// <summary>The fields of rest-api part C <c>Message</c> that the protocol knows.</summary>
/// <param name="MessageId">As on the wire.</param>
/// <param name="Chat">Account, group or list; phone-number form when known.</param>
/// <param name="From">Author account; phone-number form when known.</param>
/// <param name="FromMe">Sent by this account.</param>
/// <param name="Source">app | api | phone | web.</param>
/// <param name="Type">Type name of rest-api part C.</param>
/// <param name="Timestamp">Seconds since the Unix epoch.</param>
public sealed record MessageInfo(string MessageId, Jid Chat, Jid From, bool FromMe, string Source, string Type, long Timestamp)
{
    /// <summary>The author's phone-number account, or null when unknown.</summary>
    public Jid? FromPhone { get; init; }
    /// <summary>The author's LID account, or null when unknown.</summary>
    public Jid? FromLid { get; init; }
    /// <summary>The other side for our own messages, else our own account.</summary>
    public Jid? To { get; init; }
    /// <summary>Author in groups and lists.</summary>
    public Jid? Participant { get; init; }
    /// <summary>The number a channel gave it.</summary>
    public string? ServerId { get; init; }
    /// <summary>Display name the sender gave.</summary>
    public string? PushName { get; init; }
    /// <summary>The human text, or null.</summary>
    public string? Text { get; init; }
    /// <summary>Delivered from the server's backlog.</summary>
    public bool Offline { get; init; }
    /// <summary>The caller's own reference.</summary>
    public string? ClientRef { get; init; }
    /// <summary>The quoted message's id, author and text, when a reply.</summary>
    public QuotedInfo? Quoted { get; init; }
    /// <summary>Accounts mentioned.</summary>
    public IReadOnlyList<Jid> Mentions { get; init; } = [];
    /// <summary>Forward counter; 0 = not forwarded.</summary>
    public int ForwardScore { get; init; }
    /// <summary>Disappearing timer, seconds.</summary>
    public int EphemeralExpiration { get; init; }
    /// <summary>The place, for locations.</summary>
    public LocationInfo? Location { get; init; }
    /// <summary>The cards, for contacts.</summary>
    public IReadOnlyList<ContactInfo> Contacts { get; init; } = [];
    /// <summary>The poll, for polls.</summary>
    public PollInfo? Poll { get; init; }
    /// <summary>What it is beside its type: of an unsupported one the name of its kind, else comment or edited where that is so.</summary>
    public string? Subtype { get; init; }
    /// <summary>What was chosen, for replies to buttons and lists.</summary>
    public ReplyInfo? Reply { get; init; }
    /// <summary>The advertisement that brought the writer here.</summary>
    public AdReferralInfo? AdReferral { get; init; }
    /// <summary>The event, for events.</summary>
    public EventInfo? Event { get; init; }
    /// <summary>The product, for products.</summary>
    public ProductInfo? Product { get; init; }
    /// <summary>The order, for orders.</summary>
    public OrderInfo? Order { get; init; }
    /// <summary>The invitation, for invitations to groups.</summary>
    public GroupInviteInfo? GroupInvite { get; init; }
    /// <summary>The file, for messages that have one.</summary>
    public MediaInfo? Media { get; init; }
    /// <summary>What a reaction, an edit or a deletion is about.</summary>
    public TargetInfo? Target { get; init; }
    /// <summary>Encoded Message protobuf, for types we do not decode (and includeRaw).</summary>
    public byte[]? Raw { get; init; }
}

/// <summary>What a reply refers to.</summary>
public sealed record QuotedInfo(string MessageId, Jid? Participant, bool FromMe, string Type, string? Text)
{
    /// <summary>Its file, when it has one.</summary>
    public MediaInfo? Media { get; init; }
}
