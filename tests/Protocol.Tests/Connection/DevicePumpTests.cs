using Microsoft.Extensions.Logging.Abstractions;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Connection;
using WhatsApp.Protocol.Events;
using WhatsApp.Protocol.Store;
using WhatsApp.Protocol.Tests.Device;

namespace WhatsApp.Protocol.Tests.Connection;

public class DevicePumpTests
{
    private readonly InMemoryDeviceStore _store = new();
    private readonly Line _line = new();
    private readonly Handler _handler = new();

    [Fact]
    public async Task Stanzas_that_wait_together_are_one_transaction_and_answered_in_order_after_it()
    {
        _store.BeforeCommit = (_, _) => Assert.Empty(_line.Sent);

        await RunAsync(Message("1"), Message("2"), Message("3"));

        Assert.Equal(3, Assert.Single(_store.Batches).Events.Count);
        Assert.Equal(["1", "2", "3"], _line.Sent.Select(ack => ack["id"]));
        Assert.Equal(["1", "2", "3"], _handler.AfterCommit);
    }

    [Fact]
    public async Task A_batch_holds_64_stanzas_at_most()
    {
        await RunAsync([.. Enumerable.Range(0, 100).Select(i => Message(i.ToString()))]);

        Assert.Equal([64, 36], _store.Batches.Select(batch => batch.Events.Count));
    }

    [Fact]
    public async Task A_failed_commit_sends_nothing_and_ends_the_connection()
    {
        _store.BeforeCommit = (_, _) => throw new IOException("disk full");

        await RunAsync(Message("1"));

        Assert.Equal(EndKind.StoreFailed, (await _line.Ended).Kind);
        Assert.Empty(_line.Sent);
        Assert.Empty(_handler.AfterCommit);
    }

    [Fact]
    public async Task A_failed_load_ends_the_connection_and_refuses_nothing()
    {
        _handler.Load = async () => await new GuardedStore(_store).LoadCredentialsAsync(default);
        _store.Delay = _ => throw new IOException("no database");

        await RunAsync(Message("1"));

        Assert.Equal(EndKind.StoreFailed, (await _line.Ended).Kind);
        Assert.Empty(_line.Sent);
    }

    [Fact]
    public async Task A_stanza_that_cannot_be_handled_is_refused_alone()
    {
        await RunAsync(Message("1"), Message("poison"), Message("3"));

        Assert.Equal(["1", "poison", "3"], _line.Sent.Select(ack => ack["id"]));
        Assert.Equal([null, "500", null], _line.Sent.Select(ack => ack["error"]));
        Assert.Equal(2, _store.Events.Count);
        Assert.False(_line.Ended.IsCompleted);
    }

    [Fact]
    public async Task What_nobody_handles_is_acked()
    {
        await RunAsync(new Node("notification", ("id", "n"), ("from", "s.whatsapp.net"), ("type", "new_thing")), new Node("presence", ("from", "1@lid")));

        Assert.Equal("<ack id=\"n\" class=\"notification\" to=\"s.whatsapp.net\" type=\"new_thing\"/>", Assert.Single(_line.Sent).ToString());
        Assert.Empty(_store.Batches);
    }

    [Fact]
    public async Task Stanzas_of_a_dead_connection_are_dropped()
    {
        _line.End(new ConnectionEnd(EndKind.SocketClosed));

        await RunAsync(Message("1"));

        Assert.Empty(_store.Batches);
    }

    [Fact]
    public async Task A_send_that_fails_does_not_undo_what_is_durable()
    {
        _line.FailsToSend = true;

        await RunAsync(Message("1"));

        Assert.Single(_store.Batches);
        Assert.Equal(["1"], _handler.AfterCommit);
    }

    [Fact]
    public async Task A_command_completes_after_its_commit_and_its_sends()
    {
        using var pump = NewPump();
        var result = pump.RunStepAsync(
            (step, _) =>
            {
                step.Batch.Events.Add(new QrUpdated("q", 1, 6, default));
                step.Send.Add(new Node("presence"));
                return ValueTask.FromResult(42);
            },
            default);
        Assert.False(result.IsCompleted);

        await DrainAsync(pump);

        Assert.Equal(42, await result);
        Assert.Single(_store.Batches);
        Assert.Single(_line.Sent);
    }

    [Fact]
    public async Task A_command_that_fails_fails_alone()
    {
        using var pump = NewPump();
        var bad = pump.RunStepAsync<int>((_, _) => throw new InvalidOperationException("no"), default);
        var good = pump.RunStepAsync((_, _) => ValueTask.FromResult(1), default);

        await DrainAsync(pump);

        await Assert.ThrowsAsync<InvalidOperationException>(() => bad);
        Assert.Equal(1, await good);
        Assert.False(_line.Ended.IsCompleted);
    }

    [Fact]
    public async Task A_command_whose_commit_fails_says_so_and_ends_the_connection()
    {
        _store.BeforeCommit = (_, _) => throw new IOException("disk full");
        using var pump = NewPump();
        var command = pump.RunStepAsync(Emit, default);

        await DrainAsync(pump);

        await Assert.ThrowsAsync<StoreFailedException>(() => command);
        Assert.Equal(EndKind.StoreFailed, (await _line.Ended).Kind);
    }

    [Fact]
    public async Task A_command_nobody_waits_for_any_more_is_not_run()
    {
        using var pump = NewPump();
        using var gone = new CancellationTokenSource();
        var command = pump.RunStepAsync(Emit, gone.Token);
        await gone.CancelAsync();

        await DrainAsync(pump);

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => command);
        Assert.Empty(_store.Batches);
    }

    [Fact]
    public async Task A_fenced_commit_stops_the_pump_and_fails_what_is_queued()
    {
        using var pump = NewPump();
        _ = _store.NextOwner();
        var first = pump.RunStepAsync(Emit, default);
        var second = pump.RunStepAsync(Emit, default);

        await Assert.ThrowsAsync<FencedException>(() => pump.RunAsync(default));

        await Assert.ThrowsAsync<FencedException>(() => first);
        await Assert.ThrowsAsync<FencedException>(() => second);
        await Assert.ThrowsAsync<LinkClosedException>(() => pump.RunStepAsync(Emit, default));
    }

    [Fact]
    public async Task A_full_queue_makes_the_reader_wait_and_not_the_commands()
    {
        using var pump = NewPump();
        for (var i = 0; i < DevicePump.Capacity; i++)
            await pump.DeliverAsync(_line, Message(i.ToString()), default);

        var waiting = pump.DeliverAsync(_line, Message("last"), default).AsTask();
        var command = pump.RunStepAsync(Emit, default);
        Assert.False(waiting.IsCompleted);
        await DrainAsync(pump, until: waiting);

        Assert.Equal(1, await command);
        Assert.Equal(DevicePump.Capacity + 1, _line.Sent.Count);
    }

    private static ValueTask<int> Emit(DeviceStep step, CancellationToken cancellationToken)
    {
        step.Batch.Events.Add(new QrUpdated("q", 1, 6, default));
        return ValueTask.FromResult(1);
    }

    private static Node Message(string id) => new("message", ("id", id), ("from", "1@lid"));

    private DevicePump NewPump() => new(new GuardedStore(_store), [_handler], _ => { }, () => _line, () => null, NullLogger.Instance);

    private async Task RunAsync(params Node[] stanzas)
    {
        using var pump = NewPump();
        foreach (var stanza in stanzas)
            await pump.DeliverAsync(_line, stanza, default);
        await DrainAsync(pump);
    }

    // Runs the pump until it has handled what is queued now (and what the given task adds).
    private static async Task DrainAsync(DevicePump pump, Task? until = null)
    {
        using var stop = new CancellationTokenSource();
        var running = pump.RunAsync(stop.Token);
        await (until ?? Task.CompletedTask).WaitAsync(DeviceRig.Patience);
        await pump.RunStepAsync((_, _) => ValueTask.FromResult(0), default).WaitAsync(DeviceRig.Patience);
        await stop.CancelAsync();
        await running;
    }

    private sealed class Handler : IStanzaHandler
    {
        public List<string> AfterCommit { get; } = [];
        public Func<Task>? Load { get; set; }

        public bool Handles(Node stanza) => stanza.Tag == "message";

        public async ValueTask HandleAsync(IReadOnlyList<Node> stanzas, DeviceStep step, CancellationToken cancellationToken)
        {
            if (Load is not null)
                await Load();
            foreach (var stanza in stanzas)
            {
                var id = stanza["id"]!;
                if (id == "poison")
                    throw new InvalidOperationException("poison");
                step.Batch.Events.Add(new QrUpdated(id, 1, 6, default));
                step.Send.Add(StanzaAck.Of(stanza, null));
                step.AfterCommit.Add(() => AfterCommit.Add(id));
            }
        }
    }

    private sealed class Line : IStanzaLine
    {
        private readonly TaskCompletionSource<ConnectionEnd> _ended = new();

        public bool FailsToSend { get; set; }
        public List<Node> Sent { get; } = [];
        public Task<ConnectionEnd> Ended => _ended.Task;

        public void End(ConnectionEnd end) => _ended.TrySetResult(end);

        public Task SendAsync(Node stanza)
        {
            if (FailsToSend)
                return Task.FromException(new LinkClosedException("gone"));
            Sent.Add(stanza);
            return Task.CompletedTask;
        }
    }
}
