using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

/// <summary>Makes the device of an instance: the seam at which tests put a scripted one.</summary>
public interface IDeviceFactory
{
    /// <summary>A device that has not started.</summary>
    /// <param name="definition">Settings and the network's name.</param>
    /// <param name="store">Bound to the instance and its epoch.</param>
    /// <param name="beforeConnect">Awaited before each connect: waits for the turn, and fails when somebody else owns the instance now.</param>
    IWhatsAppDevice Create(Storage.InstanceDefinition definition, IDeviceStore store, Func<CancellationToken, ValueTask> beforeConnect);
}
