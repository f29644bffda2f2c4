using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Grains.Storage;

/// <summary>An instance as created and configured. Webhook secrets included (sealed at rest).</summary>
public sealed record InstanceDefinition(string InstanceId, CreateInstance Request, bool Desired, DateTimeOffset CreatedAt);
