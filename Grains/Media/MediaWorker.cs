namespace WhatsApp.Grains.Media;

/// <summary>What a job mostly needs.</summary>
public enum MediaWork
{
    /// <summary>The network: an upload or a download.</summary>
    Transfer,
    /// <summary>A processor: pictures, ffmpeg, encryption.</summary>
    Conversion,
}

/// <summary>How much the media worker of a silo does at the same time.</summary>
public sealed record MediaWorkerOptions
{
    /// <summary>Transfers at the same time.</summary>
    public int Transfers { get; init; } = 16;
    /// <summary>Conversions at the same time.</summary>
    public int Conversions { get; init; } = Math.Max(1, Environment.ProcessorCount);
    /// <summary>Jobs of one instance and kind that may wait.</summary>
    public int MaxWaiting { get; init; } = 1000;
}

/// <summary>Too many media jobs of one instance wait already.</summary>
public sealed class MediaWorkerFullException() : Exception("too many media jobs of this instance are waiting");

/// <summary>
/// Runs media jobs outside grain turns, one worker per silo: few at a time by kind, taken in turn from the instances that have any, and
/// never more than half of the places for one instance. Thread-safe.
/// </summary>
public sealed class MediaWorker : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly MediaLane _transfers;
    private readonly MediaLane _conversions;

    /// <param name="options">How much at the same time.</param>
    public MediaWorker(MediaWorkerOptions options)
    {
        _transfers = new MediaLane(options.Transfers, options.MaxWaiting);
        _conversions = new MediaLane(options.Conversions, options.MaxWaiting);
    }

    /// <summary>Waits for a place and runs the job on the thread pool; a grain may await it, its turns go on meanwhile.</summary>
    /// <param name="instanceId">Whose job it is.</param>
    /// <param name="work">What it needs.</param>
    /// <param name="job">The job; gets a token that ends with the caller's and with the silo. Must not touch grain state.</param>
    /// <param name="cancellationToken">Ends waiting and job.</param>
    /// <exception cref="MediaWorkerFullException">Too many of this instance wait.</exception>
    public Task<T> RunAsync<T>(string instanceId, MediaWork work, Func<CancellationToken, Task<T>> job, CancellationToken cancellationToken) => Task.Run(
        async () =>
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
            using var place = await (work == MediaWork.Transfer ? _transfers : _conversions).EnterAsync(instanceId, both.Token);
            return await job(both.Token);
        },
        cancellationToken);

    /// <summary>Jobs of this kind that wait for a place now.</summary>
    internal int Waiting(MediaWork work) => (work == MediaWork.Transfer ? _transfers : _conversions).Waiting;

    /// <summary>Ends all jobs.</summary>
    public void Dispose()
    {
        _stopping.Cancel();
        _stopping.Dispose();
    }
}
