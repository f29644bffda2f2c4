using System.Collections.Concurrent;
using System.Threading.Channels;
using Microsoft.Extensions.Logging.Abstractions;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Messaging;
using WhatsApp.Protocol.Signal;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Device;

namespace WhatsApp.Protocol.Tests.Messaging.Relay;

/// <summary>A linked device on the relay: the real messaging feature over a small pump. Everything it sends goes straight to the relay.</summary>
internal sealed class RelayDevice : IDeviceLink
{
    private readonly RelayNetwork _network;
    private readonly Channel<object> _items = Channel.CreateUnbounded<object>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<Node>> _expected = new();
    private readonly List<Node> _offline = [];
    private readonly List<Node> _sent = [];

    public RelayDevice(RelayNetwork network, RelayAccount account, int number, InMemoryDeviceStore store, DeviceCredentials credentials, TimeProvider time)
    {
        (_network, Account, Number, Store, Credentials, Time) = (network, account, number, store, credentials, time);
        Feature = new MessagingFeature(this, new DeviceOptions(), NullLogger.Instance);
        _ = PumpAsync();
    }

    public RelayAccount Account { get; }
    public int Number { get; }
    public InMemoryDeviceStore Store { get; }
    public MessagingFeature Feature { get; private set; }
    public Queue<PreKey> ServerPreKeys { get; } = new();
    public DeviceCredentials Credentials { get; private set; }
    public TimeProvider Time { get; }
    public bool IsOpen { get; private set; }
    IDeviceStore IDeviceLink.Store => Store;
    public Jid Phone => Account.Phone.WithDevice(Number);
    public Jid Lid => Account.Lid.WithDevice(Number);

    /// <summary>Steps commit, but nothing leaves: a crash between commit and send.</summary>
    public bool LosesSends { get; set; }

    /// <summary>Stanzas that left, oldest first.</summary>
    public IReadOnlyList<Node> Sent { get { lock (_sent) return [.. _sent]; } }

    public IReadOnlyList<MessageInfo> Arrived => [.. Store.Events.OfType<MessageArrived>().Select(arrived => arrived.Message)];
    public IReadOnlyList<string> Texts => [.. Arrived.Where(message => !message.FromMe).Select(message => message.Text ?? "")];

    /// <summary>A failure of the pump itself; a test that sees one has found a bug.</summary>
    public Exception? PumpFailure { get; private set; }

    public Task<SentMessage> SendAsync(Jid to, string text) => Feature.SendAsync(new OutgoingMessage(to, new OutgoingText(text)), CancellationToken.None);

    /// <summary>Completes when the condition holds.</summary>
    public async Task UntilAsync(Func<RelayDevice, bool> condition)
    {
        for (var left = 4000; !condition(this); left--)
        {
            if (left == 0)
                throw new TimeoutException($"the condition never held; events: {string.Join("; ", Store.Events.Select(told => told.GetType().Name))}");
            await Task.Delay(5);
        }
        await IdleAsync();
    }

    /// <summary>The first event of this type, when its step is done with all its sends.</summary>
    public async Task<T> EventAsync<T>() where T : DeviceEvent
    {
        var told = await Store.EventAsync<T>();
        await IdleAsync();
        return told;
    }

    /// <summary>Completes when the pump has handled everything queued so far.</summary>
    public Task IdleAsync() => RunStepAsync((_, _) => ValueTask.FromResult(true), CancellationToken.None);

    public async Task ConnectAsync()
    {
        OpenSocket();
        await Feature.OnOpenAsync(CancellationToken.None);
    }

    /// <summary>Logged in; what follows a login has not begun.</summary>
    public void OpenSocket()
    {
        List<Node> backlog;
        lock (_offline)
        {
            IsOpen = true;
            backlog = [.. _offline];
            _offline.Clear();
        }
        if (backlog.Count > 0)
            _items.Writer.TryWrite(backlog);
    }

    public void Disconnect()
    {
        IsOpen = false;
        foreach (var (id, waiting) in _expected)
            if (_expected.TryRemove(id, out _))
                waiting.TrySetException(new LinkClosedException("closed"));
        Feature.OnClosed();
    }

    /// <summary>The process dies and another takes over: memory is gone, the store stays.</summary>
    public void Restart()
    {
        Disconnect();
        LosesSends = false;
        Feature = new MessagingFeature(this, new DeviceOptions(), NullLogger.Instance);
    }

    /// <summary>Unlinked and linked again, perhaps to another account: new keys, the same process and message store.</summary>
    public async Task RelinkAsync(DeviceCredentials credentials)
    {
        Disconnect();
        await RunStepAsync((step, _) =>
        {
            step.Batch.ForgetDevice = true;
            step.Batch.Credentials = credentials;
            return ValueTask.FromResult(true);
        }, CancellationToken.None);
        await ConnectAsync();
    }

    /// <summary>From the relay: now, or with the backlog of the next connection.</summary>
    public void Deliver(Node stanza)
    {
        lock (_offline)
            if (!IsOpen)
            {
                if (stanza.Tag != "ack")
                    _offline.Add(stanza.With(("offline", "1")));
                return;
            }
        DeliverBatch([stanza]);
    }

    /// <summary>Several stanzas that the pump takes as one batch.</summary>
    public void DeliverBatch(IReadOnlyList<Node> stanzas)
    {
        foreach (var stanza in stanzas)
            if (stanza.Tag == "ack" && stanza["class"] == "message" && stanza["id"] is { } id && _expected.TryRemove(id, out var waiting))
                waiting.TrySetResult(stanza);
        _items.Writer.TryWrite(stanzas.ToList());
    }

    public async Task<Node> QueryAsync(Node iq, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return IsOpen ? _network.Answer(this, iq) : throw new LinkClosedException("closed");
    }

    public Task SendAsync(Node stanza, CancellationToken cancellationToken)
    {
        if (!IsOpen)
            throw new LinkClosedException("closed");
        Emit([stanza]);
        return Task.CompletedTask;
    }

    public Task<T> RunStepAsync<T>(Func<DeviceStep, CancellationToken, ValueTask<T>> step, CancellationToken cancellationToken)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        _items.Writer.TryWrite(async () =>
        {
            try
            {
                var work = new DeviceStep();
                var result = await step(work, cancellationToken);
                await FinishAsync(work);
                done.SetResult(result);
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        return done.Task;
    }

    public async Task<Node> ExpectMessageAckAsync(string messageId, CancellationToken cancellationToken)
    {
        if (!IsOpen)
            throw new LinkClosedException("closed");
        var waiting = _expected[messageId] = new TaskCompletionSource<Node>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var abandoned = cancellationToken.Register(() => waiting.TrySetCanceled());
        return await waiting.Task;
    }

    private async Task PumpAsync()
    {
        await foreach (var item in _items.Reader.ReadAllAsync())
            if (item is Func<Task> work)
                await work();
            else
                await HandleAsync((List<Node>)item);
    }

    private async Task HandleAsync(List<Node> stanzas)
    {
        var step = new DeviceStep();
        try
        {
            await Feature.HandleAsync([.. stanzas.Where(Feature.Handles)], step, CancellationToken.None);
            await FinishAsync(step);
        }
        catch (Exception error)
        {
            PumpFailure ??= error;
        }
    }

    private async Task FinishAsync(DeviceStep step)
    {
        if (!step.Batch.IsEmpty)
            await Store.CommitAsync(step.Batch, CancellationToken.None);
        Credentials = step.Batch.Credentials ?? Credentials;
        if (IsOpen && !LosesSends)
            Emit(step.Send);
        foreach (var action in step.AfterCommit)
            action();
    }

    private void Emit(IReadOnlyList<Node> stanzas)
    {
        lock (_sent)
            _sent.AddRange(stanzas);
        foreach (var stanza in stanzas)
            _network.Take(this, stanza);
    }
}

internal static class NodeEdit
{
    /// <summary>The same stanza with other attributes; null removes one.</summary>
    public static Node With(this Node node, params (string Key, string? Value)[] changes)
    {
        List<(string, string?)> attributes = [];
        foreach (var (key, value) in node.Attributes)
            if (changes.All(change => change.Key != key))
                attributes.Add((key, value));
        attributes.AddRange(changes);
        return node.Bytes is { } bytes ? new Node(node.Tag, attributes.ToArray(), bytes)
            : node.HasChildList ? new Node(node.Tag, attributes.ToArray(), node.Children) : new Node(node.Tag, attributes.ToArray());
    }

    /// <summary>The same stanza with other children.</summary>
    public static Node WithChildren(this Node node, IReadOnlyList<Node> children)
    {
        List<(string, string?)> attributes = [];
        foreach (var (key, value) in node.Attributes)
            attributes.Add((key, value));
        return new Node(node.Tag, attributes.ToArray(), children);
    }
}
