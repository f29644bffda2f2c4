using WhatsApp.Grains.Abstractions;

namespace WhatsApp.Grains.Webhooks;

/// <summary>Event ids: <c>evt_</c> + ULID.</summary>
public static class EventId
{
    /// <summary>A fresh id.</summary>
    /// <param name="milliseconds">Since the Unix epoch.</param>
    public static string New(long milliseconds) => "evt_" + Ulid.New(milliseconds);
}
