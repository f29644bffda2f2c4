using WhatsApp.Grains.Abstractions.Instances;
using WhatsApp.Protocol;

namespace WhatsApp.Grains.Instances;

/// <summary>From settings to what the device does by itself. Pure.</summary>
internal static class Behaviours
{
    public static DeviceBehaviour Of(InstanceSettings settings) => new()
    {
        AlwaysOnline = settings.AlwaysOnline,
        AutoRead = settings.AutoRead,
        RejectCalls = settings.RejectCalls,
        RejectCallMessage = settings.RejectCallMessage,
    };
}
