using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Devices;

internal static partial class DeviceLog
{
    [LoggerMessage(EventId = 2101, Level = LogLevel.Warning, Message = "device lists of {Count} accounts refused with {Code}; sending to the phones alone")]
    public static partial void DeviceListsRefused(ILogger logger, int count, int code);

    [LoggerMessage(EventId = 2102, Level = LogLevel.Warning, Message = "pre-key bundles of {Count} devices refused with {Code}")]
    public static partial void BundlesRefused(ILogger logger, int count, int code);

    [LoggerMessage(EventId = 2103, Level = LogLevel.Information, Message = "no usable pre-key bundle for {Device} ({Code}); skipped")]
    public static partial void DeviceSkipped(ILogger logger, Jid device, int code);

    [LoggerMessage(EventId = 2104, Level = LogLevel.Information, Message = "identity of {Account} changed; {Sessions} sessions dropped")]
    public static partial void IdentityChanged(ILogger logger, Jid account, int sessions);
}
