using System.Collections.Concurrent;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Tests.Scripted;

/// <summary>Makes scripted devices and remembers them by instance, in the order they were made.</summary>
internal sealed class ScriptedDevices : IDeviceFactory
{
    private readonly ConcurrentDictionary<string, List<ScriptedDevice>> _made = new(StringComparer.Ordinal);

    /// <summary>Instances whose devices cannot be made, and why.</summary>
    public ConcurrentDictionary<string, Exception> Failing { get; } = new(StringComparer.Ordinal);

    public IWhatsAppDevice Create(InstanceDefinition definition, IDeviceStore store, Func<CancellationToken, ValueTask> beforeConnect)
    {
        if (Failing.TryGetValue(definition.InstanceId, out var failure))
            throw failure;
        var device = new ScriptedDevice(definition, store) { BeforeConnect = beforeConnect };
        var list = _made.GetOrAdd(definition.InstanceId, _ => []);
        lock (list)
            list.Add(device);
        return device;
    }

    public int Count(string instanceId)
    {
        if (!_made.TryGetValue(instanceId, out var list))
            return 0;
        lock (list)
            return list.Count;
    }

    /// <summary>The instance's nth device, 1 = first, as soon as it is made.</summary>
    public async Task<ScriptedDevice> DeviceAsync(string instanceId, int nth = 1)
    {
        await Eventually.TrueAsync(() => Count(instanceId) >= nth, $"device {nth} of {instanceId}");
        var list = _made[instanceId];
        lock (list)
            return list[nth - 1];
    }
}
