using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;

namespace WhatsApp.Protocol;

// What the device does by itself.
public sealed partial class WhatsAppDevice
{
    private const int MaxReadAtOnce = 256;

    private DeviceBehaviour _behaviour;

    /// <inheritdoc/>
    public void Behave(DeviceBehaviour behaviour)
    {
        ArgumentNullException.ThrowIfNull(behaviour);
        var before = _behaviour;
        _behaviour = behaviour;
        if (before.AlwaysOnline != behaviour.AlwaysOnline && LiveConnection is not null)
            _ = QuietlyAsync(token => _presence.ShowAsync(behaviour.AlwaysOnline, token));
    }

    // After the commit, and outside the pump: what is read is a step of its own, and may ask the server first.
    private void ReadByItself(IReadOnlyList<DeviceEvent> events)
    {
        if (!_behaviour.AutoRead)
            return;
        var arrived = events.OfType<MessageArrived>().Select(e => e.Message).Where(message => message is { FromMe: false, Target: null } && (message.Chat.IsUser || message.Chat.IsGroup));
        foreach (var chat in arrived.GroupBy(message => message.Chat, message => message.MessageId))
            foreach (var ids in chat.Distinct().Chunk(MaxReadAtOnce))
                _ = QuietlyAsync(token => _reads.MarkAsync(chat.Key, ids, token));
    }

    private void TellRefused(Jid caller)
    {
        if (_behaviour.RejectCallMessage is { Length: > 0 } text)
            _ = QuietlyAsync(token => _messaging.QueueAsync(new OutgoingMessage(caller, new OutgoingText(text)), token));
    }

    private async Task QuietlyAsync(Func<CancellationToken, Task> work)
    {
        await Task.Yield();
        try
        {
            await work(_disposing.Token);
        }
        catch (Exception error) when (error is LinkClosedException or TimeoutException or IqErrorException or OperationCanceledException or StoreFailedException or SendFailedException)
        {
            LogNotDone(_logger, error.Message);
        }
        catch (Exception error)
        {
            LogBehaviourFailed(_logger, error);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "something the device does by itself was not done: {Why}")]
    private static partial void LogNotDone(ILogger logger, string why);

    [LoggerMessage(Level = LogLevel.Error, Message = "something the device does by itself failed")]
    private static partial void LogBehaviourFailed(ILogger logger, Exception error);
}
