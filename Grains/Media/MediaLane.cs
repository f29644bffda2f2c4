namespace WhatsApp.Grains.Media;

/// <summary>Places for one kind of work, given to instances in turn. Thread-safe.</summary>
/// <param name="places">Jobs at the same time; one instance gets half of them, at least one.</param>
/// <param name="maxWaiting">Of one instance.</param>
internal sealed class MediaLane(int places, int maxWaiting)
{
    private readonly int _share = Math.Max(1, places / 2);
    private readonly Lock _gate = new();
    private readonly Dictionary<string, Line> _lines = new(StringComparer.Ordinal);
    // Instances with someone waiting, whoever's turn it is first.
    private readonly LinkedList<Line> _turns = [];
    private int _running;

    /// <summary>How many wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
                return _turns.Sum(line => line.Waiting.Count);
        }
    }

    /// <summary>Waits for a place; dispose it to give it back.</summary>
    /// <exception cref="MediaWorkerFullException">Too many of this instance wait.</exception>
    public async Task<IDisposable> EnterAsync(string instanceId, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var waiter = new TaskCompletionSource<IDisposable>(TaskCreationOptions.RunContinuationsAsynchronously);
        Line line;
        lock (_gate)
        {
            if (!_lines.TryGetValue(instanceId, out line!))
                _lines.Add(instanceId, line = new Line(instanceId));
            if (line.Waiting.Count >= maxWaiting)
                throw new MediaWorkerFullException();
            line.Waiting.AddLast(waiter);
            if (line.Waiting.Count == 1)
                _turns.AddLast(line);
            GivePlaces();
        }
        using var registration = cancellationToken.UnsafeRegister(_ => Leave(line, waiter, cancellationToken), null);
        return await waiter.Task;
    }

    private void GivePlaces()
    {
        for (var turn = _turns.First; turn is not null && _running < places;)
        {
            var (line, next) = (turn.Value, turn.Next);
            if (line.Running < _share)
            {
                var waiter = line.Waiting.First!.Value;
                line.Waiting.RemoveFirst();
                line.Running++;
                _running++;
                _turns.Remove(turn);
                if (line.Waiting.Count > 0)
                    _turns.AddLast(line);
                waiter.SetResult(new Place(this, line));
                next = _turns.First;
            }
            turn = next;
        }
    }

    private void Leave(Line line, TaskCompletionSource<IDisposable> waiter, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (!line.Waiting.Remove(waiter))
                return;
            if (line.Waiting.Count == 0)
                _turns.Remove(line);
            Forget(line);
        }
        waiter.SetCanceled(cancellationToken);
    }

    private void GiveBack(Line line)
    {
        lock (_gate)
        {
            _running--;
            line.Running--;
            Forget(line);
            GivePlaces();
        }
    }

    private void Forget(Line line)
    {
        if (line is { Running: 0, Waiting.Count: 0 })
            _lines.Remove(line.InstanceId);
    }

    private sealed class Line(string instanceId)
    {
        public string InstanceId => instanceId;
        public LinkedList<TaskCompletionSource<IDisposable>> Waiting { get; } = [];
        public int Running { get; set; }
    }

    private sealed class Place(MediaLane lane, Line line) : IDisposable
    {
        private MediaLane? _lane = lane;

        public void Dispose() => Interlocked.Exchange(ref _lane, null)?.GiveBack(line);
    }
}
