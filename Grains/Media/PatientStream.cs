namespace WhatsApp.Grains.Media;

/// <summary>The other side broke off; the store did not.</summary>
internal sealed class SourceBrokenException(Exception cause) : IOException("the source broke off", cause);

/// <summary>
/// A body from somewhere else: ends with a <see cref="TimeoutException"/> when less than 64 KiB come in the given time, or all of it takes too long. Owns the source.
/// </summary>
internal sealed class PatientStream : ForwardStream
{
    private const int Step = 64 * 1024;

    private readonly Stream _source;
    private readonly TimeSpan _patience;
    private readonly CancellationTokenSource _total;
    private readonly CancellationTokenSource _pause;
    private long _moved;

    public PatientStream(Stream source, TimeSpan patience, TimeSpan total, TimeProvider time)
    {
        (_source, _patience) = (source, patience);
        _total = new CancellationTokenSource(total, time);
        _pause = new CancellationTokenSource(patience, time);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        using var all = CancellationTokenSource.CreateLinkedTokenSource(_total.Token, _pause.Token, cancellationToken);
        int read;
        try
        {
            read = await _source.ReadAsync(buffer, all.Token);
        }
        catch (OperationCanceledException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException("the file comes too slowly", error);
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            throw new SourceBrokenException(error);
        }
        _moved += read;
        if (_moved >= Step)
        {
            _moved = 0;
            _pause.CancelAfter(_patience);
        }
        return read;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _source.Dispose();
            _total.Dispose();
            _pause.Dispose();
        }
        base.Dispose(disposing);
    }
}
