using Microsoft.Extensions.Logging;
using WhatsApp.Grains.Outbound;
using WhatsApp.Grains.Storage;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Grains.Instances;

/// <summary>Makes real devices: network by name.</summary>
public sealed class DeviceFactory(WhatsAppNetworks networks, OutboundGuard guard, TimeProvider time, ILoggerFactory loggers) : IDeviceFactory
{
    /// <inheritdoc/>
    public IWhatsAppDevice Create(InstanceDefinition definition, IDeviceStore store, Func<CancellationToken, ValueTask> beforeConnect)
    {
        var network = networks.Find(definition.Request.Network)
            ?? throw new InvalidOperationException($"network '{definition.Request.Network}' is not configured");
        return new WhatsAppDevice(store, network with
        {
            DeviceName = definition.Request.Settings.DeviceName,
            PairingNumber = definition.Request.WantedNumber ?? definition.Request.PairingNumber,
            Behaviour = Behaviours.Of(definition.Request.Settings),
            Dial = ProxyAddress.Dial(definition.Request.ProxyUrl, guard),
        }, time,
            new InstanceLogger(definition.InstanceId, loggers.CreateLogger<WhatsAppDevice>()), beforeConnect);
    }
}
