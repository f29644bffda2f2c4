using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Grains.Storage;

/// <summary>Last known state of an instance, for lists: never wakes a grain.</summary>
public sealed record StatusLine(string Status, string? Jid, string? Lid, string? PushName, DateTimeOffset? ConnectedAt, DateTimeOffset? LastSeenAt, DisconnectReport? LastDisconnect);
