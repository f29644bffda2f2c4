namespace WhatsApp.Grains.Webhooks;

/// <summary>Links that an event carries.</summary>
/// <param name="Media">To the file of the message; null = none.</param>
/// <param name="Qr">To the picture of the QR; null = none.</param>
internal readonly record struct EventLinks(string? Media, string? Qr);
