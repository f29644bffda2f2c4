using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Connection;

/// <summary>
/// One step of the pump: what it changes, and what may leave once that is durable.
/// The pump runs the step, commits <see cref="Batch"/> in one transaction, then sends <see cref="Send"/> in order, then runs <see cref="AfterCommit"/>.
/// If the step or the commit throws, nothing of it is kept or sent: caches change only in <see cref="AfterCommit"/>.
/// </summary>
public sealed class DeviceStep
{
    /// <summary>The transaction. Later stanzas of the same step must read their own step's changes here first.</summary>
    public DeviceBatch Batch { get; } = new();
    /// <summary>Stanzas that rest on the batch: acks, receipts, encrypted messages.</summary>
    public List<Node> Send { get; } = [];
    /// <summary>Cache updates and completions.</summary>
    public List<Action> AfterCommit { get; } = [];
}

/// <summary>
/// What the features of a device need of it. Implemented by <c>WhatsAppDevice</c>; everything runs on the owner's scheduler (no ConfigureAwait(false)).
/// </summary>
public interface IDeviceLink
{
    /// <summary>Credentials as of the last commit.</summary>
    DeviceCredentials Credentials { get; }
    /// <summary>Committed state.</summary>
    IDeviceStore Store { get; }
    /// <summary>Clock.</summary>
    TimeProvider Time { get; }
    /// <summary>Logged in on a live socket.</summary>
    bool IsOpen { get; }

    /// <summary>
    /// Sends an iq (an id is added when missing) and waits for its result, 30 s at most.
    /// Never await it inside a pump step: the answer may wait behind the pump.
    /// </summary>
    /// <exception cref="IqErrorException">The server answered type="error".</exception>
    /// <exception cref="LinkClosedException">No connection, or it ended before the answer.</exception>
    /// <exception cref="TimeoutException">No answer in time.</exception>
    Task<Node> QueryAsync(Node iq, CancellationToken cancellationToken);

    /// <summary>Sends a stanza that rests on nothing uncommitted.</summary>
    /// <exception cref="LinkClosedException">No connection.</exception>
    Task SendAsync(Node stanza, CancellationToken cancellationToken);

    /// <summary>
    /// Queues a step on the pump and completes after its commit and its sends. Steps and incoming stanzas never overlap.
    /// If the connection is down, the batch is still committed; the sends are dropped (they are repeated after the next login by the feature that owns them).
    /// </summary>
    Task<T> RunStepAsync<T>(Func<DeviceStep, CancellationToken, ValueTask<T>> step, CancellationToken cancellationToken);

    /// <summary>Completes with the server's <c>&lt;ack class="message" id=…&gt;</c>. Call before sending. Cancelled with the token; faulted with <see cref="LinkClosedException"/> when the connection ends.</summary>
    Task<Node> ExpectMessageAckAsync(string messageId, CancellationToken cancellationToken);
}

/// <summary>A feature that takes stanzas on the pump.</summary>
public interface IStanzaHandler
{
    /// <summary>True when this stanza is this feature's.</summary>
    bool Handles(Node stanza);

    /// <summary>
    /// Computes what the stanzas (in order) change and answer. Loads from the store, never from the network.
    /// One bad stanza must not fail the others: it becomes a nack or a placeholder in the step.
    /// </summary>
    ValueTask HandleAsync(IReadOnlyList<Node> stanzas, DeviceStep step, CancellationToken cancellationToken);
}

/// <summary>The server answered an iq with an error.</summary>
public sealed class IqErrorException(int code, string? text) : Exception($"the server answered {code} {text}")
{
    /// <summary>Server's code.</summary>
    public int Code { get; } = code;
}

/// <summary>There is no connection, or it ended.</summary>
public sealed class LinkClosedException(string message) : Exception(message);
