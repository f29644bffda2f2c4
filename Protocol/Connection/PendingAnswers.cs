using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Connection;

/// <summary>
/// Answers awaited from the server, by stanza id. Thread-safe: they are awaited on the owner's scheduler and resolved by the read loop.
/// </summary>
internal sealed class PendingAnswers
{
    private readonly Dictionary<string, TaskCompletionSource<Node>> _waiting = [];
    private ConnectionEnd? _ended;

    /// <summary>Starts waiting for an id; register before sending.</summary>
    /// <exception cref="LinkClosedException">The connection is over.</exception>
    /// <exception cref="ArgumentException">The id is already awaited.</exception>
    public Task<Node> Expect(string id)
    {
        var answer = new TaskCompletionSource<Node>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_waiting)
        {
            if (_ended is { } end)
                throw Closed(end);
            _waiting.Add(id, answer);
        }
        return answer.Task;
    }

    /// <summary>No longer waits.</summary>
    public void Abandon(string id)
    {
        lock (_waiting)
            _waiting.Remove(id);
    }

    /// <summary>Hands an answer to whoever waits for this id. False = nobody does.</summary>
    public bool Resolve(string id, Node answer)
    {
        TaskCompletionSource<Node>? waiting;
        lock (_waiting)
            if (!_waiting.Remove(id, out waiting))
                return false;
        return waiting.TrySetResult(answer);
    }

    /// <summary>Fails all who wait, and all who come later.</summary>
    public void EndAll(ConnectionEnd end)
    {
        TaskCompletionSource<Node>[] waiting;
        lock (_waiting)
        {
            _ended ??= end;
            waiting = [.. _waiting.Values];
            _waiting.Clear();
        }
        foreach (var answer in waiting)
        {
            answer.TrySetException(Closed(end));
            // Whoever waited may be gone by now.
            _ = answer.Task.Exception;
        }
    }

    private static LinkClosedException Closed(ConnectionEnd end) => new($"the connection ended: {end.Kind}");
}
