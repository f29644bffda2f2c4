namespace WhatsApp.Grains.Abstractions.Contacts;

/// <summary>Whether a number is on WhatsApp.</summary>
/// <param name="Exists">Null = WhatsApp did not say.</param>
/// <param name="Phone">The account as WhatsApp writes it, e.g. 551187654321@s.whatsapp.net; null when it does not exist.</param>
/// <param name="Lid">Its LID, when known.</param>
[GenerateSerializer, Alias("wa.NumberCheckResult")]
public sealed record NumberCheckResult([property: Id(0)] bool? Exists, [property: Id(1)] string? Phone, [property: Id(2)] string? Lid);
