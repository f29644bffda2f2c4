using WhatsApp.Protocol.Presence;

namespace WhatsApp.Protocol;

// Messages out: at once, after a delay, or from the queue.
public sealed partial class WhatsAppDevice
{
    private readonly TypingBefore _typing;

    /// <inheritdoc/>
    public async Task<SentMessage> SendAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        await _typing.WaitAsync(message, cancellationToken);
        return await _messaging.SendAsync(message, cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string> QueueAsync(OutgoingMessage message, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(message);
        if (message.NotBefore is not null || message.Delay <= TimeSpan.Zero)
            return await _messaging.QueueAsync(message, cancellationToken);
        var id = await _messaging.QueueAsync(message with { NotBefore = _time.GetUtcNow() + message.Delay }, cancellationToken);
        _ = _typing.ShowAlongAsync(message, _disposing.Token);
        return id;
    }

    /// <inheritdoc/>
    public Task<bool> CancelAsync(string messageId, CancellationToken cancellationToken) => _messaging.CancelAsync(messageId, cancellationToken);
}
