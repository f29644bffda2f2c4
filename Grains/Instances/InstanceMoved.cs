using System.Text.Json;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Grains.Instances;

/// <summary>instance.moved: another silo owns the instance. The host's own event, not the device's.</summary>
/// <param name="Move">As recorded by the claim.</param>
/// <param name="Downtime">From the end at the old owner until it was open again; null = not known.</param>
internal sealed record InstanceMoved(OwnershipMove Move, TimeSpan? Downtime) : DeviceEvent
{
    /// <summary>Writes the members of <c>data</c>: <c>{ fromNode, toNode, reason, downtimeMs, at }</c>.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("fromNode", Move.FromNode);
        json.WriteString("toNode", Move.ToNode);
        json.WriteString("reason", Move.Reason);
        if (Downtime is { } downtime)
            json.WriteNumber("downtimeMs", (long)downtime.TotalMilliseconds);
        else
            json.WriteNull("downtimeMs");
        json.WriteNumber("at", Move.At.ToUnixTimeMilliseconds());
    }

    /// <summary>
    /// The events of moves that this batch settles: it opens the connection again, or ends it for good. Of several moves in a row, because the
    /// owners before did not get that far, the last has the downtime.
    /// </summary>
    public static IReadOnlyList<InstanceMoved> SettledBy(IReadOnlyList<DeviceEvent> events, IReadOnlyList<OwnershipMove> untold, DateTimeOffset now)
    {
        if (untold.Count == 0)
            return [];
        var opens = events.Any(one => one is ConnectionOpened);
        return opens || events.Any(one => one is ConnectionClosed { WillReconnect: false }) ? Of(untold, opens ? now : null) : [];
    }

    /// <summary>The events of all of them; <paramref name="openAt"/> null = it is not open, and will not be by itself.</summary>
    public static IReadOnlyList<InstanceMoved> Of(IReadOnlyList<OwnershipMove> untold, DateTimeOffset? openAt) =>
    [
        .. untold.Select((move, i) => new InstanceMoved(move, i == untold.Count - 1 && openAt - move.DownSince is { } downtime ? (downtime > TimeSpan.Zero ? downtime : TimeSpan.Zero) : null)),
    ];
}
