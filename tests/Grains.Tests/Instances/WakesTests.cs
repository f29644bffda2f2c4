using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Instances;
using WhatsApp.Grains.Telemetry;
using WhatsApp.Grains.Tests.Scripted;

namespace WhatsApp.Grains.Tests.Instances;

/// <summary>Waking many, of whom some do not answer.</summary>
public sealed class WakesTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ListLogger _log = new();
    private readonly ConcurrentQueue<string> _woken = new();
    private readonly TaskCompletionSource _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly RepeatedErrors _errors;
    private readonly Wakes _wakes;

    public WakesTests()
    {
        _errors = new RepeatedErrors(_time);
        _wakes = new Wakes("could not be woken", WakeAsync, _errors, _time, _log);
    }

    public void Dispose() => _errors.Dispose();

    private Task WakeAsync(string id, CancellationToken cancellationToken)
    {
        _woken.Enqueue(id);
        return id switch
        {
            "hangs" => _answer.Task,
            "deleted" => Task.FromException(new InstanceProblemException("instance-not-found", "gone")),
            "broken" => throw new InvalidOperationException("broken"),
            _ => Task.CompletedTask,
        };
    }

    private async Task AllAsync(params string[] ids)
    {
        var all = _wakes.AllAsync(ids, CancellationToken.None);
        await Eventually.TrueAsync(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return all.IsCompleted;
        }, "the end of a sweep");
        await all;
    }

    [Fact]
    public async Task One_that_hangs_holds_up_no_other_and_is_not_asked_twice()
    {
        string[] ids = ["hangs", .. Enumerable.Range(0, 200).Select(i => $"i{i}")];
        await AllAsync(ids);
        Assert.Equal(ids.Order(), _woken.Order());

        await AllAsync("hangs", "next");
        Assert.Equal("next", _woken.Last());
        Assert.Single(_woken, id => id == "hangs");

        _answer.SetResult();
        await Eventually.TrueAsync(async () =>
        {
            await AllAsync("hangs");
            return _woken.Count(id => id == "hangs") > 1;
        }, "asked again once it has answered");
    }

    [Fact]
    public async Task One_that_fails_is_told_of_and_one_that_has_gone_is_not()
    {
        await AllAsync("deleted", "broken", "a");
        Assert.Equal(["a", "broken", "deleted"], _woken.Order());
        Assert.Equal("broken: could not be woken", Assert.Single(_log.Lines).Text);
    }

    [Fact]
    public async Task A_silo_that_stops_waits_for_nobody()
    {
        using var stop = new CancellationTokenSource();
        var all = _wakes.AllAsync(["hangs"], stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => all);
    }
}
