using WhatsApp.Protocol.Schema;

namespace WhatsApp.Protocol.Pairing;

/// <summary>DeviceProps of our companion: its name, and the history it wants from the phone (wire/01 §4.2).</summary>
public static class CompanionProps
{
    /// <summary>The properties for these options.</summary>
    public static DeviceProps Of(DeviceOptions options)
    {
        var platform = CompanionPlatform.Parse(options.DeviceName);
        return new()
        {
            Os = platform.Os,
            Version = new() { Primary = 10, Secondary = 0, Tertiary = 22631 },
            PlatformType = platform.Type,
            RequireFullSync = false,
            HistorySyncConfig = new()
            {
                StorageQuotaMb = 10240,
                InlineInitialPayloadInE2EeMsg = true,
                SupportCallLogHistory = true,
                SupportBotUserAgentChatHistory = true,
                SupportCagReactionsAndPolls = true,
                SupportBizHostedMsg = true,
                SupportRecentSyncChunkMessageCountTuning = true,
                SupportHostedGroupMsg = true,
                SupportMessageAssociation = true,
                SupportGroupHistory = true,
                ThumbnailSyncDaysLimit = 60,
                SupportManusHistory = true,
                SupportHatchHistory = true,
            },
        };
    }
}
