namespace WhatsApp.Grains.Storage;

/// <summary>The instance row is gone.</summary>
public sealed class InstanceGoneException(string instanceId) : Exception($"instance {instanceId} does not exist");
