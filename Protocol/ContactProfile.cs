using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol;

/// <summary>What an account shows of itself to us.</summary>
/// <param name="Phone">Phone-number account, when known.</param>
/// <param name="Lid">LID account, when known.</param>
/// <param name="Picture">Null = none, or hidden from us.</param>
/// <param name="PictureHidden">There may be a picture; we may not see it.</param>
/// <param name="About">Null = none, or hidden from us.</param>
/// <param name="AboutSetAt">Seconds since the Unix epoch, when told.</param>
/// <param name="AboutHidden">There may be an about text; we may not see it.</param>
public sealed record ContactProfile(Jid? Phone, Jid? Lid, ProfilePicture? Picture, bool PictureHidden, string? About, long? AboutSetAt, bool AboutHidden);

/// <summary>A profile picture on WhatsApp's servers; the address holds for some days.</summary>
/// <param name="Id">Changes with the picture.</param>
/// <param name="Url">Where it is.</param>
/// <param name="DirectPath">The path on any media host.</param>
/// <param name="Type">image | preview.</param>
public sealed record ProfilePicture(string Id, string Url, string? DirectPath, string Type);
