namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>
/// Cuts off a transfer that no longer moves: every 64 KiB, and every new try, starts the stall time anew, so that a host which gives a byte
/// now and then does not hold a worker for ever.
/// </summary>
internal sealed class TransferClock : IDisposable
{
    private const int Step = 64 * 1024;

    private readonly TimeSpan _stallTimeout;
    private readonly CancellationTokenSource _total;
    private readonly CancellationTokenSource _stall;
    private readonly CancellationTokenSource _linked;
    private long _moved;

    private TransferClock(TimeSpan stallTimeout, CancellationTokenSource total, TimeProvider time)
    {
        _stallTimeout = stallTimeout;
        _total = total;
        _stall = new CancellationTokenSource(stallTimeout, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(total.Token, _stall.Token);
    }

    /// <summary>For everything that waits for the network.</summary>
    public CancellationToken Token => _linked.Token;

    /// <summary>A clock for one try inside the total time.</summary>
    public static TransferClock ForTry(MediaTransferOptions options, CancellationTokenSource total, TimeProvider time) => new(options.StallTimeout, total, time);

    /// <summary>The total time of a transfer, ended by the caller too.</summary>
    public static CancellationTokenSource Total(MediaTransferOptions options, TimeProvider time) => new(options.TotalTimeout, time);

    /// <summary>Bytes went through.</summary>
    public void Moved(int bytes)
    {
        _moved += bytes;
        if (_moved < Step)
            return;
        _moved = 0;
        _stall.CancelAfter(_stallTimeout);
    }

    public void Dispose()
    {
        _linked.Dispose();
        _stall.Dispose();
    }
}
