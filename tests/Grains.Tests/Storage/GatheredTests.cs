using System.Collections.Concurrent;
using WhatsApp.Grains.Storage;

namespace WhatsApp.Grains.Tests.Storage;

public sealed class GatheredTests : IDisposable
{
    private readonly ConcurrentQueue<(IReadOnlyList<int> Asked, TaskCompletionSource Gate)> _calls = [];
    private readonly SemaphoreSlim _called = new(0);

    public void Dispose() => _called.Dispose();

    private Gathered<int, string> Ask(int most = 100, int calls = 1) => new(async asked =>
    {
        var gate = new TaskCompletionSource();
        _calls.Enqueue((asked, gate));
        _called.Release();
        await gate.Task;
        return [.. asked.Select(one => $"<{one}>")];
    }, most, calls);

    private async Task<(IReadOnlyList<int> Asked, TaskCompletionSource Gate)> CallAsync()
    {
        Assert.True(await _called.WaitAsync(TimeSpan.FromSeconds(60)));
        Assert.True(_calls.TryDequeue(out var call));
        return call;
    }

    [Fact]
    public async Task One_goes_at_once_and_what_is_asked_meanwhile_goes_together()
    {
        var gathered = Ask();
        var first = gathered.AskAsync(1);
        var call = await CallAsync();
        Task<string>[] later = [gathered.AskAsync(2), gathered.AskAsync(3), gathered.AskAsync(2)];
        call.Gate.SetResult();
        var next = await CallAsync();
        next.Gate.SetResult();

        Assert.Equal([1], call.Asked);
        Assert.Equal([2, 3, 2], next.Asked);
        Assert.Equal("<1>", await first);
        Assert.Equal(["<2>", "<3>", "<2>"], await Task.WhenAll(later));
    }

    [Fact]
    public async Task No_call_has_more_than_it_may()
    {
        var gathered = Ask(most: 2);
        var all = Enumerable.Range(0, 6).Select(gathered.AskAsync).ToList();
        var asked = new List<int>();
        while (asked.Count < 6)
        {
            var call = await CallAsync();
            Assert.InRange(call.Asked.Count, 1, 2);
            asked.AddRange(call.Asked);
            call.Gate.SetResult();
        }

        Assert.Equal(Enumerable.Range(0, 6), asked);
        Assert.Equal("<5>", (await Task.WhenAll(all))[^1]);
    }

    [Fact]
    public async Task Two_calls_may_be_under_way_and_the_third_question_waits_for_either()
    {
        var gathered = Ask(calls: 2);
        var first = gathered.AskAsync(1);
        var one = await CallAsync();
        var second = gathered.AskAsync(2);
        var two = await CallAsync();
        var third = gathered.AskAsync(3);
        two.Gate.SetResult();
        var next = await CallAsync();
        next.Gate.SetResult();

        Assert.Equal([3], next.Asked);
        Assert.Equal("<3>", await third);
        one.Gate.SetResult();
        Assert.Equal("<1>", await first);
        Assert.Equal("<2>", await second);
    }

    [Fact]
    public async Task A_call_that_fails_fails_those_who_were_in_it_and_nobody_else()
    {
        var gathered = Ask();
        var first = gathered.AskAsync(1);
        var call = await CallAsync();
        var second = gathered.AskAsync(2);
        call.Gate.SetException(new TimeoutException("away"));
        (await CallAsync()).Gate.SetResult();

        await Assert.ThrowsAsync<TimeoutException>(() => first);
        Assert.Equal("<2>", await second);

        var third = gathered.AskAsync(3);
        (await CallAsync()).Gate.SetResult();
        Assert.Equal("<3>", await third);
    }
}
