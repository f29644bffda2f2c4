using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Instances;

namespace WhatsApp.Grains.Tests.Instances;

public sealed class ConnectRateTests : IDisposable
{
    private static readonly DateTimeOffset Start = DateTimeOffset.FromUnixTimeSeconds(1_900_000_000);

    private readonly FakeTimeProvider _time = new(Start);
    private readonly ConnectRate _rate;
    private readonly List<int> _served = [];

    public ConnectRateTests() => _rate = new ConnectRate(_time, 10);

    public void Dispose() => _rate.Dispose();

    // Activity in minutes before the start; null = never.
    private Task Wait(int? activity, CancellationToken cancellationToken = default) =>
        _rate.WaitAsync(activity is { } minutes ? Start - TimeSpan.FromMinutes(minutes) : null, cancellationToken).AsTask();

    private async Task<int> NextAsync(List<Task> waiting)
    {
        _time.Advance(TimeSpan.FromMilliseconds(100));
        var done = await Task.WhenAny(waiting).WaitAsync(TimeSpan.FromSeconds(60));
        var index = waiting.IndexOf(done);
        waiting[index] = new TaskCompletionSource().Task;
        _served.Add(index);
        return index;
    }

    [Fact]
    public void The_first_goes_at_once_and_the_next_waits_its_turn()
    {
        Assert.True(Wait(0).IsCompletedSuccessfully);
        Assert.False(Wait(0).IsCompleted);
    }

    [Fact]
    public async Task The_recently_active_go_first_and_every_fourth_turn_is_of_the_one_that_has_waited_longest()
    {
        await Wait(0);
        List<Task> waiting = [Wait(null), Wait(50), Wait(40), Wait(30), Wait(20), Wait(10), Wait(5), Wait(60)];
        while (_served.Count < 8)
            await NextAsync(waiting);
        Assert.Equal([6, 5, 4, 0, 3, 2, 1, 7], _served);
    }

    [Fact]
    public async Task A_thousand_that_come_at_once_are_spread_evenly()
    {
        var waiting = Enumerable.Range(0, 1000).Select(i => Wait(i)).ToList();
        for (var second = 1; second <= 5; second++)
        {
            for (var step = 0; step < 10; step++)
                _time.Advance(TimeSpan.FromMilliseconds(100));
            var expected = 1 + (second * 10);
            await Eventually(() => waiting.Count(task => task.IsCompleted) == expected);
        }
    }

    [Fact]
    public async Task Who_gives_up_costs_the_others_no_turn()
    {
        await Wait(0);
        using var gone = new CancellationTokenSource();
        var first = Wait(1, gone.Token);
        List<Task> waiting = [Wait(2), Wait(3)];
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => first);
        Assert.Equal(0, await NextAsync(waiting));
        Assert.Equal(1, await NextAsync(waiting));
        // And the queue works on when all have gone.
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True(Wait(9).IsCompletedSuccessfully);
    }

    [Fact]
    public async Task A_process_that_was_frozen_makes_up_for_nothing()
    {
        var waiting = Enumerable.Range(0, 100).Select(i => Wait(i)).ToList();
        _time.SetUtcNow(Start + TimeSpan.FromSeconds(9));
        await Eventually(() => waiting.Count(task => task.IsCompleted) == 3);
    }

    private static Task Eventually(Func<bool> condition) => Scripted.Eventually.TrueAsync(condition, "turns");
}
