using WhatsApp.Grains.Abstractions.Webhooks;

namespace WhatsApp.Grains.Abstractions.Instances;

/// <summary>Input of instance creation, already validated for shape by the gateway.</summary>
[GenerateSerializer, Alias("wa.CreateInstance")]
public sealed record CreateInstance
{
    /// <summary>Webhook endpoints, may be empty.</summary>
    [Id(0)] public IReadOnlyList<WebhookEndpoint> Webhooks { get; init; } = [];
    /// <summary>Echoed in every event; at most 20 keys.</summary>
    [Id(1)] public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
    /// <summary>Start linking at once.</summary>
    [Id(2)] public bool Connect { get; init; } = true;
    /// <summary>Settings as given, defaults filled in.</summary>
    [Id(3)] public InstanceSettings Settings { get; init; } = new();
    /// <summary>Which WhatsApp: "whatsapp" (configured default) or another configured network's name.</summary>
    [Id(4)] public string Network { get; init; } = "whatsapp";
    /// <summary>Digits: link by a code for this number beside the QR; null = by QR.</summary>
    [Id(5)] public string? PairingNumber { get; init; }
    /// <summary>Digits: the number a code was last asked for after the creation. Not part of what was asked for at creation.</summary>
    [Id(6)] public string? WantedNumber { get; init; }
    /// <summary>http, https or socks5, with user name and password in it; null = none. Never shown with its password.</summary>
    [Id(7)] public string? ProxyUrl { get; init; }
}

/// <summary>What is to change in an instance; null = stays.</summary>
[GenerateSerializer, Alias("wa.InstanceChange")]
public sealed record InstanceChange
{
    /// <summary>All settings as they are to be.</summary>
    [Id(0)] public InstanceSettings? Settings { get; init; }
    /// <summary>All metadata as it is to be.</summary>
    [Id(1)] public IReadOnlyDictionary<string, string>? Metadata { get; init; }
    /// <summary>The new proxy, as in <see cref="CreateInstance.ProxyUrl"/>; empty = none any more.</summary>
    [Id(2)] public string? ProxyUrl { get; init; }
}

/// <summary>Per-instance settings. Fields are added as features arrive.</summary>
[GenerateSerializer, Alias("wa.InstanceSettings")]
public sealed record InstanceSettings
{
    /// <summary>Name shown on the phone, "Browser (OS)".</summary>
    [Id(0)] public string DeviceName { get; init; } = "Chrome (Linux)";
    /// <summary>Files of received messages: auto (fetched at once) | lazy (when somebody asks for them) | off (the same; nothing is told of them but a link).</summary>
    [Id(1)] public string DownloadMedia { get; init; } = "auto";
    /// <summary>Days that stored files are kept; 0 = for ever.</summary>
    [Id(2)] public int RetentionDays { get; init; } = 90;
    /// <summary>Groups: nothing of them becomes an event.</summary>
    [Id(3)] public bool GroupsIgnore { get; init; }
    /// <summary>Show the account as available while connected; the phone gives no push notifications then.</summary>
    [Id(4)] public bool AlwaysOnline { get; init; }
    /// <summary>Mark every message as read when it arrives.</summary>
    [Id(5)] public bool AutoRead { get; init; }
    /// <summary>Refuse calls.</summary>
    [Id(6)] public bool RejectCalls { get; init; }
    /// <summary>Sent to whom was refused; null = nothing.</summary>
    [Id(7)] public string? RejectCallMessage { get; init; }
}

/// <summary>Result of a create.</summary>
/// <param name="Instance">As stored.</param>
/// <param name="Created">False when an identical instance existed.</param>
/// <param name="Token">Instance-scoped API key, shown once; null when it existed.</param>
[GenerateSerializer, Alias("wa.CreateInstanceResult")]
public sealed record CreateInstanceResult([property: Id(0)] InstanceSummary Instance, [property: Id(1)] bool Created, [property: Id(2)] string? Token);

/// <summary>The resource of rest-api part B. Status uses the names listed there.</summary>
[GenerateSerializer, Alias("wa.InstanceSummary")]
public sealed record InstanceSummary
{
    /// <summary>Instance id.</summary>
    [Id(0)] public required string InstanceId { get; init; }
    /// <summary>created | connecting | qr | pairing | … | open | reconnecting | closed | logged_out | restricted.</summary>
    [Id(1)] public required string Status { get; init; }
    /// <summary>Digits, or null.</summary>
    [Id(2)] public string? PhoneNumber { get; init; }
    /// <summary>Own account (no device), or null.</summary>
    [Id(3)] public string? Jid { get; init; }
    /// <summary>Own LID account, or null.</summary>
    [Id(4)] public string? Lid { get; init; }
    /// <summary>Display name, or null.</summary>
    [Id(5)] public string? PushName { get; init; }
    /// <summary>Webhook endpoints; secrets are never returned.</summary>
    [Id(6)] public IReadOnlyList<WebhookEndpoint> Webhooks { get; init; } = [];
    /// <summary>Caller's metadata.</summary>
    [Id(7)] public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();
    /// <summary>Owning silo, or null.</summary>
    [Id(8)] public string? Node { get; init; }
    /// <summary>Last login.</summary>
    [Id(9)] public DateTimeOffset? ConnectedAt { get; init; }
    /// <summary>Last sign of life, to ten seconds while messages come and go.</summary>
    [Id(10)] public DateTimeOffset? LastSeenAt { get; init; }
    /// <summary>Last disconnect, or null.</summary>
    [Id(11)] public DisconnectReport? LastDisconnect { get; init; }
    /// <summary>Creation time.</summary>
    [Id(12)] public DateTimeOffset CreatedAt { get; init; }
    /// <summary>Settings.</summary>
    [Id(13)] public InstanceSettings Settings { get; init; } = new();
    /// <summary>Events waiting for delivery.</summary>
    [Id(14)] public int WebhookBacklog { get; init; }
    /// <summary>The proxy without its password, or null.</summary>
    [Id(15)] public string? ProxyUrl { get; init; }
}

/// <summary>Why and when the connection ended. Reason names: rest-api part C connection.close.</summary>
[GenerateSerializer, Alias("wa.DisconnectReport")]
public sealed record DisconnectReport([property: Id(0)] string Reason, [property: Id(1)] int Code, [property: Id(2)] DateTimeOffset At, [property: Id(3)] bool WillReconnect);

/// <summary>GET status.</summary>
[GenerateSerializer, Alias("wa.InstanceStatusReport")]
public sealed record InstanceStatusReport
{
    /// <summary>Instance id.</summary>
    [Id(0)] public required string InstanceId { get; init; }
    /// <summary>As in <see cref="InstanceSummary.Status"/>.</summary>
    [Id(1)] public required string Status { get; init; }
    /// <summary>Open and proven within 90 s.</summary>
    [Id(2)] public bool Connected { get; init; }
    /// <summary>Digits or null.</summary>
    [Id(3)] public string? PhoneNumber { get; init; }
    /// <summary>Display name.</summary>
    [Id(4)] public string? PushName { get; init; }
    /// <summary>Own account.</summary>
    [Id(5)] public string? Jid { get; init; }
    /// <summary>Own LID account.</summary>
    [Id(6)] public string? Lid { get; init; }
    /// <summary>Last login.</summary>
    [Id(7)] public DateTimeOffset? ConnectedAt { get; init; }
    /// <summary>Last disconnect.</summary>
    [Id(8)] public DisconnectReport? LastDisconnect { get; init; }
    /// <summary>Last proven server round trip.</summary>
    [Id(9)] public DateTimeOffset? VerifiedAt { get; init; }
}

/// <summary>GET qr. <see cref="Qr"/> is null while none is ready (answer 202).</summary>
[GenerateSerializer, Alias("wa.QrReport")]
public sealed record QrReport([property: Id(0)] string Status, [property: Id(1)] string? Qr, [property: Id(2)] int Attempt, [property: Id(3)] int MaxAttempts, [property: Id(4)] DateTimeOffset? ExpiresAt)
{
    /// <summary>The code that may be typed instead, XXXX-XXXX, or null.</summary>
    [Id(5)] public string? PairingCode { get; init; }
    /// <summary>When that code is no longer taken.</summary>
    [Id(6)] public DateTimeOffset? PairingCodeExpiresAt { get; init; }
}

/// <summary>A code to type on the phone: XXXX-XXXX.</summary>
[GenerateSerializer, Alias("wa.PairingCodeReport")]
public sealed record PairingCodeReport([property: Id(0)] string PairingCode, [property: Id(1)] DateTimeOffset ExpiresAt);

/// <summary>Result of a delete.</summary>
[GenerateSerializer, Alias("wa.DeleteInstanceResult")]
public sealed record DeleteInstanceResult([property: Id(0)] bool LoggedOut);

/// <summary>Filter and page of the catalogue.</summary>
[GenerateSerializer, Alias("wa.InstanceQuery")]
public sealed record InstanceQuery([property: Id(0)] int Limit, [property: Id(1)] string? Cursor, [property: Id(2)] string? Status, [property: Id(3)] string? Text, [property: Id(4)] IReadOnlyDictionary<string, string> Metadata);

/// <summary>A page. Cursor null = last page.</summary>
[GenerateSerializer, Alias("wa.InstancePage")]
public sealed record InstancePage([property: Id(0)] IReadOnlyList<InstanceSummary> Items, [property: Id(1)] string? NextCursor, [property: Id(2)] int Total);
