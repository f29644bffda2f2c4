using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;

namespace WhatsApp.Protocol.Presence;

/// <summary>Shows typing or recording for a while before a message leaves (wire/04 §15): receivers forget it, so it is repeated. Nothing rests on its being seen.</summary>
internal sealed class TypingBefore(PresenceFeature presence, TimeProvider time)
{
    private static readonly TimeSpan Repeat = TimeSpan.FromSeconds(10);

    /// <summary>Shows it and waits.</summary>
    /// <param name="message">Its chat, delay and what is shown.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task WaitAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        for (var left = message.Delay; left > TimeSpan.Zero; left -= Repeat)
        {
            await ShowAsync(message, cancellationToken);
            await Task.Delay(left < Repeat ? left : Repeat, time, cancellationToken);
        }
    }

    /// <summary>As above, for a message that is queued: nobody waits, nothing fails.</summary>
    public async Task ShowAlongAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        try
        {
            await WaitAsync(message, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            // The device is stopped.
        }
    }

    private async Task ShowAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        if (message is not { To: { } chat, Typing: { } state })
            return;
        try
        {
            await presence.ShowTypingAsync(chat, state, cancellationToken);
        }
        catch (Exception error) when (error is LinkClosedException or StoreFailedException)
        {
            // Not seen; the message leaves all the same, or waits for the connection.
        }
    }
}
