using System.Collections.Concurrent;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Messaging;

/// <summary>Messages that someone transmits or waits for, by id. An entry goes when neither holds any more.</summary>
internal sealed class LiveSends(TimeProvider time)
{
    private static readonly TimeSpan AckTimeout = TimeSpan.FromSeconds(30);
    private readonly ConcurrentDictionary<string, Outgoing> _live = new();

    /// <summary>The entry of this id, made when absent.</summary>
    public Outgoing GetOrAdd(string id) => _live.GetOrAdd(id, added => new Outgoing(added));

    /// <summary>The entry of this id, or null.</summary>
    public Outgoing? Find(string id) => _live.GetValueOrDefault(id);

    /// <summary>Adds a new entry; false when the id is taken.</summary>
    public bool TryAdd(Outgoing outgoing) => _live.TryAdd(outgoing.Id, outgoing);

    /// <summary>True while a refusal of this message is being dealt with.</summary>
    public bool IsDriven(string id) => _live.TryGetValue(id, out var outgoing) && outgoing.IsDriven;

    /// <summary>The entry, with one more caller waiting for it.</summary>
    public Outgoing Join(string id)
    {
        var outgoing = GetOrAdd(id);
        Interlocked.Increment(ref outgoing.Waiting);
        return outgoing;
    }

    /// <summary>The entry there is, with one more caller waiting for it; null when it has just gone, or there is none.</summary>
    public Outgoing? TryJoin(string id)
    {
        if (!_live.TryGetValue(id, out var outgoing))
            return null;
        Interlocked.Increment(ref outgoing.Waiting);
        // One that was taken out meanwhile is good for its outcome only.
        if (outgoing.Outcome.Task.IsCompleted || _live.TryGetValue(id, out var still) && ReferenceEquals(still, outgoing))
            return outgoing;
        Interlocked.Decrement(ref outgoing.Waiting);
        return null;
    }

    /// <summary>A caller waits no longer.</summary>
    public void Leave(Outgoing outgoing)
    {
        Interlocked.Decrement(ref outgoing.Waiting);
        RemoveIdle(outgoing);
    }

    /// <summary>Nobody transmits it any more on this connection.</summary>
    public void Retire(Outgoing outgoing, int connection)
    {
        outgoing.EndDrive(connection);
        RemoveIdle(outgoing);
    }

    /// <summary>Ends the wait of whoever sent this message, after a commit that settled it.</summary>
    /// <param name="row">As committed.</param>
    /// <param name="failure">Null = the server has it.</param>
    /// <param name="chat">The chat as the caller knows it.</param>
    public void Settle(StoredMessage row, SendFailedException? failure, Jid chat)
    {
        if (_live.TryGetValue(row.Key.Id, out var outgoing))
            outgoing.Outcome.TrySetResult(failure is null ? new SendOutcome(new SentMessage(row.Key.Id, chat, row.Timestamp, row.Status), null) : new SendOutcome(null, failure));
    }

    /// <summary>Waits for the outcome, 30 s at most, then leaves. The caller has joined before.</summary>
    /// <exception cref="SendFailedException">Refused, or send-timeout.</exception>
    public async Task<SentMessage> WaitAsync(Outgoing outgoing, CancellationToken cancellationToken)
    {
        try
        {
            var outcome = await outgoing.Outcome.Task.WaitAsync(AckTimeout, time, cancellationToken);
            return outcome.Sent ?? throw outcome.Failure!;
        }
        catch (TimeoutException)
        {
            throw new SendFailedException("send-timeout", "no answer from WhatsApp within 30 s; the message may still be delivered", null, outgoing.Id);
        }
        finally
        {
            Leave(outgoing);
        }
    }

    /// <summary>Completes when all that is live is settled, after 30 s at the latest.</summary>
    public async Task WaitForAllAsync()
    {
        try
        {
            await Task.WhenAll(_live.Values.Select(outgoing => outgoing.Outcome.Task)).WaitAsync(AckTimeout, time);
        }
        catch (TimeoutException)
        {
            // What is left stays pending.
        }
    }

    private void RemoveIdle(Outgoing outgoing)
    {
        if (!outgoing.IsDriven && Volatile.Read(ref outgoing.Waiting) == 0)
            _live.TryRemove(KeyValuePair.Create(outgoing.Id, outgoing));
    }
}
