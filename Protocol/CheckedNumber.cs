using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol;

/// <summary>Whether a number is on WhatsApp.</summary>
/// <param name="Asked">As given.</param>
/// <param name="Exists">Null = the server did not say.</param>
/// <param name="Phone">The account as the server writes it: in Brazil, Mexico and Argentina it may differ from what was asked.</param>
/// <param name="Lid">Its LID, when known.</param>
public sealed record CheckedNumber(Jid Asked, bool? Exists, Jid? Phone, Jid? Lid);
