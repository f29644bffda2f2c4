using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Chats;
using WhatsApp.Protocol;
using WhatsApp.Protocol.Binary;

namespace WhatsApp.Grains.Instances;

// Read receipts, typing, presence.
internal sealed partial class InstanceGrain : IChatsGrain
{
    public async Task<ReadReport> MarkReadAsync(string chat, IReadOnlyList<string>? messageIds, CancellationToken cancellationToken)
    {
        var report = await AskDeviceAsync(device => device.MarkReadAsync(Jid.Parse(chat), messageIds, cancellationToken));
        return messageIds is { Count: > 0 } && report.Read.Count == 0
            ? throw new InstanceProblemException("message-not-found", "none of these messages was received in this chat")
            : new ReadReport(report.Read, report.Unknown);
    }

    public Task ShowTypingAsync(string chat, ChatTyping state, CancellationToken cancellationToken) =>
        TellDeviceAsync(device => device.ShowTypingAsync(Jid.Parse(chat), TypingOf(state), cancellationToken));

    /// <summary>The device's word for it.</summary>
    public static TypingState TypingOf(ChatTyping state) => state switch
    {
        ChatTyping.Composing => TypingState.Composing,
        ChatTyping.Recording => TypingState.Recording,
        _ => TypingState.Paused,
    };

    public Task WatchPresenceAsync(string chat, CancellationToken cancellationToken) =>
        TellDeviceAsync(device => device.WatchPresenceAsync(Jid.Parse(chat), cancellationToken));

    public Task ShowPresenceAsync(bool available, CancellationToken cancellationToken) =>
        TellDeviceAsync(device => device.ShowPresenceAsync(available, cancellationToken));
}
