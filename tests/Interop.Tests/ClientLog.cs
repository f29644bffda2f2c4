namespace WhatsApp.Interop.Tests;

/// <summary>Everything a client program has told so far, in order. Waiting looks at the past too, so no event can be missed.</summary>
internal sealed class ClientLog
{
    private const int MostTold = 30;
    private const int LongestTold = 300;

    private readonly Lock _gate = new();
    private readonly List<ClientEvent> _events = [];
    private TaskCompletionSource _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private string? _end;

    /// <summary>How many events there are; give it to <see cref="WaitAsync"/> to look only at later ones.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
                return _events.Count;
        }
    }

    /// <summary>All events of this name so far.</summary>
    public ClientEvent[] All(string name)
    {
        lock (_gate)
            return [.. _events.Where(one => one.Name == name)];
    }

    public void Add(ClientEvent one)
    {
        lock (_gate)
            _events.Add(one);
        Wake();
    }

    /// <summary>No more events will come.</summary>
    public void End(string why)
    {
        lock (_gate)
            _end ??= why;
        Wake();
    }

    /// <summary>The first event of this name that fits.</summary>
    /// <exception cref="ThirdPartyException">It did not come in time, or the program ended.</exception>
    public async Task<ClientEvent> WaitAsync(string name, Func<ClientEvent, bool> fits, int after, TimeSpan limit)
    {
        using var expiry = new CancellationTokenSource(limit);
        while (true)
        {
            Task news;
            lock (_gate)
            {
                for (var i = after; i < _events.Count; i++)
                    if (_events[i].Name == name && fits(_events[i]))
                        return _events[i];
                if (_end is not null)
                    throw new ThirdPartyException($"no '{name}' came: {_end}; so far: {Told()}");
                news = _news.Task;
            }
            try
            {
                await news.WaitAsync(expiry.Token);
            }
            catch (OperationCanceledException)
            {
                lock (_gate)
                    throw new ThirdPartyException($"no '{name}' came within {limit.TotalSeconds} s; so far: {Told()}");
            }
        }
    }

    private string Told() => string.Join("\n  ", _events.TakeLast(MostTold).Select(one => one.ToString()).Select(text => text.Length > LongestTold ? text[..LongestTold] + "…" : text).Prepend(""));

    private void Wake()
    {
        TaskCompletionSource woken;
        lock (_gate)
        {
            woken = _news;
            _news = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        woken.TrySetResult();
    }
}

/// <summary>A client program did not do what a test waits for; the message lists what it did.</summary>
public sealed class ThirdPartyException(string message) : Exception(message);
