using WhatsApp.Protocol.Binary;

namespace WhatsApp.Protocol.Media.Transfer;

/// <summary>The server gave no usable media connection.</summary>
public sealed class MediaConnectionException() : Exception("the server named no media host");

/// <summary>Where transfers get their hosts and upload token.</summary>
public interface IMediaConnectionSource
{
    /// <summary>A connection that is valid now.</summary>
    /// <exception cref="MediaConnectionException">The server named no host.</exception>
    Task<MediaConnection> GetAsync(CancellationToken cancellationToken);

    /// <summary>A newer connection than the one that was refused.</summary>
    /// <exception cref="MediaConnectionException">The server named no host.</exception>
    Task<MediaConnection> RefreshAsync(MediaConnection refused, CancellationToken cancellationToken);
}

/// <summary>One media connection per device, fetched when needed, by one caller for all, and anew 30 s before it ends (wire/05 §1).</summary>
/// <param name="query">Sends an iq and gives its answer, e.g. IDeviceLink.QueryAsync.</param>
/// <param name="time">Clock.</param>
public sealed class MediaConnections(Func<Node, CancellationToken, Task<Node>> query, TimeProvider time) : IMediaConnectionSource
{
    private static readonly TimeSpan Early = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private MediaConnection? _current;
    private Task<MediaConnection>? _fetch;
    private int _round;

    /// <inheritdoc/>
    public Task<MediaConnection> GetAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _current is { } current && time.GetUtcNow() < current.ExpiresAt - Early
                ? Task.FromResult(current)
                : Fetch().WaitAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public Task<MediaConnection> RefreshAsync(MediaConnection refused, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (ReferenceEquals(_current, refused) || _current == refused)
                _current = null;
        }
        return GetAsync(cancellationToken);
    }

    /// <summary>The connection it was asked over has ended: the next caller asks anew.</summary>
    public void Forget()
    {
        lock (_gate)
            (_current, _fetch, _round) = (null, null, _round + 1);
    }

    private Task<MediaConnection> Fetch()
    {
        if (_fetch is { IsCompleted: false } running)
            return running;
        return _fetch = FetchAsync(_round);
    }

    private async Task<MediaConnection> FetchAsync(int round)
    {
        await Task.Yield(); // never inside the lock
        var answer = await query(MediaConnection.Query(), CancellationToken.None);
        var connection = MediaConnection.Read(answer, time.GetUtcNow()) ?? throw new MediaConnectionException();
        lock (_gate)
        {
            if (round == _round)
                _current = connection;
        }
        return connection;
    }
}
