using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Store;

namespace WhatsApp.Protocol.Connection;

/// <summary>
/// The one place where a device's durable state changes: takes stanzas and commands in order, runs each as a step, commits it, sends what
/// rests on it, and only then tells anyone (architecture §3, §5.1). Runs on the owner's scheduler; never waits for the network inside a step.
/// </summary>
/// <param name="store">Where steps are committed; its failures are <see cref="StoreFailedException"/>.</param>
/// <param name="handlers">Who takes which stanza; the first that says yes.</param>
/// <param name="committed">Told of every durable batch, before its sends.</param>
/// <param name="live">The connection that commands may send on, or null.</param>
/// <param name="self">Own device address, for acknowledgements.</param>
/// <param name="logger">Log.</param>
internal sealed partial class DevicePump(
    IDeviceStore store, IReadOnlyList<IStanzaHandler> handlers, Action<DeviceBatch> committed, Func<IStanzaLine?> live, Func<Jid?> self, ILogger logger) : IDisposable
{
    /// <summary>Stanzas handled in one transaction, at most.</summary>
    public const int LargestBatch = 64;

    /// <summary>Stanzas that may wait; then reading from the server waits.</summary>
    public const int Capacity = 256;

    private readonly Channel<Item> _items = Channel.CreateUnbounded<Item>(new UnboundedChannelOptions { SingleReader = true });
    private readonly SemaphoreSlim _room = new(Capacity, Capacity);

    /// <summary>Queues a received stanza; waits while the queue is full. Called by the read loop.</summary>
    public async ValueTask DeliverAsync(IStanzaLine connection, Node stanza, CancellationToken cancellationToken)
    {
        await _room.WaitAsync(cancellationToken).ConfigureAwait(false);
        if (!_items.Writer.TryWrite(new Item(connection, stanza, null)))
            _room.Release();
    }

    /// <summary>Queues a command and completes after its commit and its sends.</summary>
    public Task<T> RunStepAsync<T>(Func<DeviceStep, CancellationToken, ValueTask<T>> body, CancellationToken cancellationToken)
    {
        var command = new Command<T>(body, cancellationToken);
        if (!_items.Writer.TryWrite(new Item(null, null, command)))
            command.Fail(new LinkClosedException("the device is stopped"));
        return command.Result;
    }

    /// <summary>Handles items until cancelled; then fails what is queued. A pump runs once.</summary>
    /// <exception cref="FencedException">A newer owner took over.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        Exception why = new LinkClosedException("the device is stopped");
        try
        {
            while (await _items.Reader.WaitToReadAsync(cancellationToken))
                await DrainAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // Stopped by the owner.
        }
        catch (FencedException error)
        {
            why = error;
            throw;
        }
        finally
        {
            _items.Writer.TryComplete();
            while (_items.Reader.TryRead(out var left))
                left.Command?.Fail(why);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _room.Dispose();

    private async Task DrainAsync(CancellationToken cancellationToken)
    {
        var stanzas = new List<Node>();
        while (_items.Reader.TryPeek(out var next))
        {
            if (next.Command is { } command)
            {
                _items.Reader.TryRead(out _);
                await RunCommandAsync(command, cancellationToken);
                continue;
            }
            var connection = next.Connection!;
            stanzas.Clear();
            while (stanzas.Count < LargestBatch && _items.Reader.TryPeek(out next) && next.Connection == connection && _items.Reader.TryRead(out next))
                stanzas.Add(next.Stanza!);
            _room.Release(stanzas.Count);
            await RunStanzasAsync(connection, stanzas, cancellationToken);
        }
    }

    private async Task RunCommandAsync(Command command, CancellationToken cancellationToken)
    {
        try
        {
            var step = new DeviceStep();
            if (!await command.ComputeAsync(step, cancellationToken))
                return;
            await CommitAsync(step, cancellationToken);
            await EmitAsync(step, live(), cancellationToken);
            command.Complete();
        }
        catch (FencedException error)
        {
            command.Fail(error);
            throw;
        }
        catch (StoreFailedException error)
        {
            command.Fail(error);
            live()?.End(new ConnectionEnd(EndKind.StoreFailed, Detail: "store-failed") { Cause = error });
        }
        catch (Exception error)
        {
            command.Fail(error);
        }
    }

    // A dead connection's stanzas are dropped: they were not acknowledged, so the server sends them again.
    private async Task RunStanzasAsync(IStanzaLine connection, List<Node> stanzas, CancellationToken cancellationToken)
    {
        if (connection.Ended.IsCompleted)
            return;
        try
        {
            if (await TryTogetherAsync(connection, stanzas, cancellationToken))
                return;
            foreach (var stanza in stanzas)
                await AloneAsync(connection, stanza, cancellationToken);
        }
        catch (StoreFailedException error)
        {
            connection.End(new ConnectionEnd(EndKind.StoreFailed, Detail: "store-failed") { Cause = error });
        }
    }

    private async Task<bool> TryTogetherAsync(IStanzaLine connection, List<Node> stanzas, CancellationToken cancellationToken)
    {
        var step = new DeviceStep();
        try
        {
            await ComputeAsync(stanzas, step, cancellationToken);
        }
        catch (Exception error) when (IsHandlerFault(error, cancellationToken))
        {
            LogBatchFailed(logger, stanzas.Count, error);
            return false;
        }
        await CommitAsync(step, cancellationToken);
        await EmitAsync(step, connection, cancellationToken);
        return true;
    }

    // A stanza that fails by itself is refused with "unhandled", so that it comes once and does not block the others.
    private async Task AloneAsync(IStanzaLine connection, Node stanza, CancellationToken cancellationToken)
    {
        var step = new DeviceStep();
        try
        {
            await ComputeAsync([stanza], step, cancellationToken);
        }
        catch (Exception error) when (IsHandlerFault(error, cancellationToken))
        {
            LogStanzaFailed(logger, stanza.Tag, stanza["type"], error);
            step = new DeviceStep();
            if (StanzaAck.Wants(stanza))
                step.Send.Add(StanzaAck.Of(stanza, self(), stanza.Tag == "message" ? StanzaAck.Unhandled : null));
        }
        await CommitAsync(step, cancellationToken);
        await EmitAsync(step, connection, cancellationToken);
    }

    private async ValueTask ComputeAsync(List<Node> stanzas, DeviceStep step, CancellationToken cancellationToken)
    {
        var start = 0;
        while (start < stanzas.Count)
        {
            var handler = HandlerOf(stanzas[start]);
            var end = start + 1;
            while (end < stanzas.Count && HandlerOf(stanzas[end]) == handler)
                end++;
            var run = stanzas[start..end];
            start = end;
            if (handler is not null)
                await handler.HandleAsync(run, step, cancellationToken);
            else
                foreach (var unknown in run)
                    Drop(unknown, step);
        }
    }

    private IStanzaHandler? HandlerOf(Node stanza)
    {
        foreach (var handler in handlers)
            if (handler.Handles(stanza))
                return handler;
        return null;
    }

    private void Drop(Node stanza, DeviceStep step)
    {
        LogNotHandled(logger, stanza.Tag, stanza["type"]);
        if (StanzaAck.Wants(stanza))
            step.Send.Add(StanzaAck.Of(stanza, self()));
    }

    private async ValueTask CommitAsync(DeviceStep step, CancellationToken cancellationToken)
    {
        if (!step.Batch.IsEmpty)
            await store.CommitAsync(step.Batch, cancellationToken);
        committed(step.Batch);
    }

    private static async ValueTask EmitAsync(DeviceStep step, IStanzaLine? connection, CancellationToken cancellationToken)
    {
        try
        {
            if (connection is not null)
                foreach (var stanza in step.Send)
                    await connection.SendAsync(stanza);
        }
        catch (LinkClosedException)
        {
            // Durable all the same; the feature that owns these stanzas sends them again after the next login.
        }
        foreach (var action in step.AfterCommit)
            action();
        cancellationToken.ThrowIfCancellationRequested();
    }

    private static bool IsHandlerFault(Exception error, CancellationToken cancellationToken) =>
        error is not (StoreFailedException or FencedException) && !(error is OperationCanceledException && cancellationToken.IsCancellationRequested);

    private readonly record struct Item(IStanzaLine? Connection, Node? Stanza, Command? Command);

    private abstract class Command
    {
        /// <summary>False when nobody waits any more and nothing was done.</summary>
        public abstract ValueTask<bool> ComputeAsync(DeviceStep step, CancellationToken cancellationToken);

        public abstract void Complete();

        public abstract void Fail(Exception error);
    }

    private sealed class Command<T>(Func<DeviceStep, CancellationToken, ValueTask<T>> body, CancellationToken cancellationToken) : Command
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private T _value = default!;

        public Task<T> Result => _done.Task;

        public override async ValueTask<bool> ComputeAsync(DeviceStep step, CancellationToken stopping)
        {
            if (cancellationToken.IsCancellationRequested)
                return !_done.TrySetCanceled(cancellationToken);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, stopping);
            _value = await body(step, both.Token);
            return true;
        }

        public override void Complete() => _done.TrySetResult(_value);

        public override void Fail(Exception error) => _done.TrySetException(error);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Count} stanzas could not be handled together; trying one by one")]
    private static partial void LogBatchFailed(ILogger logger, int count, Exception error);

    [LoggerMessage(Level = LogLevel.Error, Message = "a {Tag} stanza of type {Type} could not be handled; refusing it")]
    private static partial void LogStanzaFailed(ILogger logger, string tag, string? type, Exception error);

    [LoggerMessage(Level = LogLevel.Debug, Message = "nobody handles a {Tag} stanza of type {Type}")]
    private static partial void LogNotHandled(ILogger logger, string tag, string? type);
}
