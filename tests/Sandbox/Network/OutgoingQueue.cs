using System.Buffers;
using System.Net.WebSockets;
using WhatsApp.Protocol.Binary;
using WhatsApp.Protocol.Noise;
using WhatsApp.Sandbox.Accounts;
using WhatsApp.Sandbox.Faults;

namespace WhatsApp.Sandbox.Network;

/// <summary>
/// Stanzas on their way to one socket. Encrypting and sending is one critical section, so that counters stay in order
/// (wire/01 §3.6). An idle connection holds no task and no buffer.
/// </summary>
internal sealed class OutgoingQueue(WebSocket socket, NoiseTransport transport, TokenDictionary dictionary, SandboxOptions options, FaultRegistry faults, Action failed)
{
    private const int MaxBatch = 64;
    private readonly Lock _gate = new();
    private readonly Queue<Node> _waiting = new();
    // Clients of the old dictionary need longest to derive their keys, and a busy machine makes it longer.
    private TimeSpan _pause = dictionary.Version == 2 ? 5 * options.RoundTrip : options.RoundTrip;
    private bool _draining;
    private bool _closed;
    private TaskCompletionSource? _empty;

    /// <summary>Whom delay and frame faults are matched against; null account until the login is known.</summary>
    public Device? Owner { get; set; }

    /// <summary>Queues a stanza; drops it after <see cref="Stop"/>. A reader too slow for the limit is cut off.</summary>
    public void Send(Node stanza)
    {
        lock (_gate)
        {
            if (_closed)
                return;
            if (_waiting.Count >= options.MaxOutgoing)
            {
                _closed = true;
                _waiting.Clear();
                ThreadPool.UnsafeQueueUserWorkItem(static cut => cut(), failed, preferLocal: false);
                return;
            }
            _waiting.Enqueue(stanza);
            if (_draining)
                return;
            _draining = true;
        }
        ThreadPool.UnsafeQueueUserWorkItem(static queue => _ = queue.DrainAsync(), this, preferLocal: false);
    }

    /// <summary>Takes no more stanzas and completes when what was queued is sent.</summary>
    public Task Stop()
    {
        lock (_gate)
        {
            _closed = true;
            if (!_draining)
                return Task.CompletedTask;
            _empty ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return _empty.Task;
        }
    }

    private async Task DrainAsync()
    {
        var plain = new ArrayBufferWriter<byte>(512);
        var frames = new ArrayBufferWriter<byte>(1024);
        var batch = new List<Node>(4);
        try
        {
            if (_pause > TimeSpan.Zero)
                await Task.Delay(_pause, options.Time);
            _pause = TimeSpan.Zero;
            while (TakeBatch(batch))
            {
                foreach (var stanza in batch)
                {
                    if (faults.Take(FaultKind.Delay, Owner?.Account, Owner?.Number ?? 0) is { Ms: { } ms })
                    {
                        await FlushAsync(frames);
                        await Task.Delay(TimeSpan.FromMilliseconds(ms), options.Time);
                    }
                    Encode(stanza, plain, frames);
                }
                await FlushAsync(frames);
            }
        }
        catch (Exception error) when (error is WebSocketException or ObjectDisposedException or InvalidOperationException or OperationCanceledException or IOException or NoiseException)
        {
            lock (_gate)
            {
                _closed = true;
                _waiting.Clear();
                _draining = false;
                _empty?.TrySetResult();
            }
            failed();
        }
    }

    private bool TakeBatch(List<Node> batch)
    {
        batch.Clear();
        lock (_gate)
        {
            while (batch.Count < MaxBatch && _waiting.TryDequeue(out var stanza))
                batch.Add(stanza);
            if (batch.Count > 0)
                return true;
            _draining = false;
            _empty?.TrySetResult();
            return false;
        }
    }

    private void Encode(Node stanza, ArrayBufferWriter<byte> plain, ArrayBufferWriter<byte> frames)
    {
        plain.ResetWrittenCount();
        NodeWriter.Write(stanza, dictionary, plain);
        transport.EncryptFrame(plain.WrittenSpan, frames);
        if (faults.Take(FaultKind.Corrupt, Owner?.Account, Owner?.Number ?? 0, fault => fault.Part == "frame") is null)
            return;
        var bytes = System.Runtime.InteropServices.MemoryMarshal.AsMemory(frames.WrittenMemory);
        bytes.Span[^1] ^= 0x01;
    }

    private async ValueTask FlushAsync(ArrayBufferWriter<byte> frames)
    {
        if (frames.WrittenCount == 0)
            return;
        await socket.SendAsync(frames.WrittenMemory, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);
        frames.ResetWrittenCount();
    }
}
