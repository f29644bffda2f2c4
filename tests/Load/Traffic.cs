using System.Collections.Concurrent;
using System.Diagnostics;

namespace WhatsApp.Load;

/// <summary>Texts at a fixed rate whatever the answers do (an open loop), so that a stall is seen in the times of all that came meanwhile.</summary>
internal sealed class Traffic(LoadCluster cluster, string word)
{
    private readonly ConcurrentQueue<double> _times = new();
    private readonly ConcurrentQueue<string> _problems = new();

    /// <summary>Texts phones have written.</summary>
    public int Written { get; private set; }

    /// <summary>Milliseconds from when each text was due until its answer.</summary>
    public List<double> Times => [.. _times];

    public IReadOnlyCollection<string> Problems => _problems;

    /// <summary>Sends and writes at these rates per second.</summary>
    public async Task RunAsync(int sends, int receives, TimeSpan duration, CancellationToken cancellationToken)
    {
        var (clock, running) = (Stopwatch.StartNew(), new List<Task>());
        for (var (sent, written) = (0, 0); clock.Elapsed < duration;)
        {
            var now = clock.Elapsed.TotalSeconds;
            for (; sent < now * sends; sent++)
                running.Add(SendAsync(sent, clock, TimeSpan.FromSeconds((double)sent / sends), cancellationToken));
            for (; written < now * receives; written++)
                Write(written);
            if (running.Count > 1000)
                running.RemoveAll(task => task.IsCompletedSuccessfully);
            await Task.Delay(1, cancellationToken);
        }
        await Task.WhenAll(running);
    }

    private async Task SendAsync(int number, Stopwatch clock, TimeSpan due, CancellationToken cancellationToken)
    {
        var pair = cluster.Pairs[number % cluster.Pairs.Count];
        if (await cluster.SendAsync(pair.Instance, pair.Contact.PhoneNumber, $"{word} {number}", cancellationToken) is { } problem)
            _problems.Enqueue(problem);
        _times.Enqueue((clock.Elapsed - due).TotalMilliseconds);
    }

    private void Write(int number)
    {
        var pair = cluster.Pairs[number % cluster.Pairs.Count];
        pair.Contact.SendText(pair.Owner.PhoneNumber, $"{word} in {number}");
        Written++;
    }
}
