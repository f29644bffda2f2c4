using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Messaging;

/// <summary>One send per chat at a time, in the order they came (wire/04 §4). A turn ends when the stanza is on its way, not when it is acknowledged.</summary>
internal sealed class ChatOrder
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Jid, Task> _last = [];

    /// <summary>Takes a place in the queue at once and completes when it is this caller's turn. Dispose to pass it on.</summary>
    public Task<IDisposable> EnterAsync(Jid chat, CancellationToken cancellationToken)
    {
        var turn = new Turn(this, chat);
        Task before;
        lock (_gate)
        {
            before = _last.GetValueOrDefault(chat, Task.CompletedTask);
            _last[chat] = turn.Ended;
        }
        return WaitAsync(turn, before, cancellationToken);
    }

    private static async Task<IDisposable> WaitAsync(Turn turn, Task before, CancellationToken cancellationToken)
    {
        try
        {
            await before.WaitAsync(cancellationToken);
            return turn;
        }
        catch (OperationCanceledException)
        {
            _ = PassOnAsync(turn, before);
            throw;
        }
    }

    private static async Task PassOnAsync(Turn turn, Task before)
    {
        await before;
        turn.Dispose();
    }

    private sealed class Turn(ChatOrder order, Jid chat) : IDisposable
    {
        private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Ended => _ended.Task;

        public void Dispose()
        {
            lock (order._gate)
                if (order._last.GetValueOrDefault(chat) == Ended)
                    order._last.Remove(chat);
            _ended.TrySetResult();
        }
    }
}
