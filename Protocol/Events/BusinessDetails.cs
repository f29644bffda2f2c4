using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Events;

/// <summary>What someone chose from buttons or a list. Members not told are null.</summary>
/// <param name="Id">As the asker named it.</param>
/// <param name="Title">As shown.</param>
/// <param name="Description">Line below the title.</param>
public sealed record ReplyInfo(string? Id, string? Title, string? Description);

/// <summary>The advertisement that brought someone here (click to WhatsApp).</summary>
public sealed record AdReferralInfo(string? SourceUrl, string? SourceId, string? Title, string? Body, string? CtwaClid)
{
    /// <summary>e.g. ad, post.</summary>
    public string? SourceType { get; init; }
}

/// <summary>An event one can answer to.</summary>
/// <param name="Name">Title.</param>
/// <param name="Description">Text.</param>
/// <param name="StartsAt">Seconds since the Unix epoch.</param>
/// <param name="EndsAt">Seconds since the Unix epoch.</param>
/// <param name="JoinLink">Link of the call.</param>
/// <param name="Canceled">It will not take place.</param>
public sealed record EventInfo(string? Name, string? Description, long? StartsAt, long? EndsAt, string? JoinLink, bool Canceled)
{
    /// <summary>Where.</summary>
    public LocationInfo? Location { get; init; }
}

/// <summary>A product of a catalogue.</summary>
/// <param name="Id">In the catalogue.</param>
/// <param name="Title">Name.</param>
/// <param name="Description">Text.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Price">In the currency's unit.</param>
/// <param name="RetailerId">The seller's own number of it.</param>
/// <param name="Url">Page.</param>
/// <param name="Seller">The business.</param>
public sealed record ProductInfo(string? Id, string? Title, string? Description, string? Currency, decimal? Price, string? RetailerId, string? Url, Jid? Seller);

/// <summary>An order of products.</summary>
/// <param name="Id">With the token it names the order's details.</param>
/// <param name="Token">See there.</param>
/// <param name="Title">Name.</param>
/// <param name="Items">How many.</param>
/// <param name="Currency">ISO 4217.</param>
/// <param name="Total">In the currency's unit.</param>
/// <param name="Seller">The business.</param>
public sealed record OrderInfo(string? Id, string? Token, string? Title, int Items, string? Currency, decimal? Total, Jid? Seller);

/// <summary>An invitation to a group.</summary>
/// <param name="Group">Which.</param>
/// <param name="Name">Its subject.</param>
/// <param name="Code">Of the invitation.</param>
/// <param name="ExpiresAt">Seconds since the Unix epoch.</param>
public sealed record GroupInviteInfo(Jid? Group, string? Name, string? Code, long? ExpiresAt);
