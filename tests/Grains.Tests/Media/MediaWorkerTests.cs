using WhatsApp.Grains.Media;

namespace WhatsApp.Grains.Tests.Media;

public sealed class MediaWorkerTests : IDisposable
{
    private readonly MediaWorker _worker = new(new MediaWorkerOptions { Transfers = 4, Conversions = 1, MaxWaiting = 6 });

    private static CancellationToken None => CancellationToken.None;

    public void Dispose() => _worker.Dispose();

    [Fact]
    public async Task A_job_gives_its_result_and_its_failure()
    {
        Assert.Equal(7, await _worker.RunAsync("a", MediaWork.Transfer, _ => Task.FromResult(7), None));
        await Assert.ThrowsAsync<IOException>(() => _worker.RunAsync<int>("a", MediaWork.Transfer, _ => throw new IOException(), None));
    }

    [Fact]
    public async Task One_instance_never_has_more_than_half_of_the_places()
    {
        var gate = new TaskCompletionSource();
        var jobs = Enumerable.Range(0, 6).Select(_ => new Job(_worker, "greedy", gate.Task)).ToList();
        while (_worker.Waiting(MediaWork.Transfer) < 4 || jobs.Count(job => job.Started.IsCompleted) < 2)
            await Task.Yield();

        var other = new Job(_worker, "modest", gate.Task);
        await other.Started;

        Assert.Equal(2, jobs.Count(job => job.Started.IsCompleted));
        gate.SetResult();
        await Task.WhenAll(jobs.Append(other).Select(job => job.Done));
    }

    [Fact]
    public async Task Instances_take_turns()
    {
        List<string> order = [];
        var gate = new TaskCompletionSource();
        var first = new Job(_worker, "a", gate.Task, MediaWork.Conversion);
        await first.Started;
        List<Task> all = [first.Done];
        foreach (var instance in new[] { "a", "a", "b", "b", "c" })
        {
            all.Add(_worker.RunAsync(instance, MediaWork.Conversion, _ =>
            {
                lock (order)
                    order.Add(instance);
                return Task.FromResult(0);
            }, None));
            // Jobs reach the queue on the thread pool: one behind the other for this test.
            while (_worker.Waiting(MediaWork.Conversion) < all.Count - 1)
                await Task.Yield();
        }
        gate.SetResult();
        await Task.WhenAll(all);

        Assert.Equal(["a", "b", "c", "a", "b"], order);
    }

    [Fact]
    public async Task A_job_that_is_given_up_while_waiting_never_runs()
    {
        var gate = new TaskCompletionSource();
        var first = new Job(_worker, "a", gate.Task, MediaWork.Conversion);
        await first.Started;
        using var stop = new CancellationTokenSource();
        var ran = false;
        var waiting = _worker.RunAsync("a", MediaWork.Conversion, _ =>
        {
            ran = true;
            return Task.FromResult(0);
        }, stop.Token);

        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        gate.SetResult();
        await first.Done;

        Assert.Equal(1, await _worker.RunAsync("a", MediaWork.Conversion, _ => Task.FromResult(1), None));
        Assert.False(ran);
    }

    [Fact]
    public async Task Too_many_waiting_jobs_are_refused_and_others_are_not()
    {
        var gate = new TaskCompletionSource();
        var jobs = Enumerable.Range(0, 8).Select(_ => new Job(_worker, "greedy", gate.Task)).ToList();
        while (_worker.Waiting(MediaWork.Transfer) < 6)
            await Task.Yield();

        await Assert.ThrowsAsync<MediaWorkerFullException>(() => _worker.RunAsync("greedy", MediaWork.Transfer, _ => Task.FromResult(0), None));
        Assert.Equal(1, await _worker.RunAsync("modest", MediaWork.Transfer, _ => Task.FromResult(1), None));

        gate.SetResult();
        await Task.WhenAll(jobs.Select(job => job.Done));
    }

    [Fact]
    public async Task The_end_of_the_worker_ends_its_jobs()
    {
        var worker = new MediaWorker(new MediaWorkerOptions());
        var started = new TaskCompletionSource();
        var job = worker.RunAsync("a", MediaWork.Transfer, async token =>
        {
            started.SetResult();
            await Task.Delay(Timeout.Infinite, token);
            return 0;
        }, None);
        await started.Task;

        worker.Dispose();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => job);
    }

    private sealed class Job
    {
        private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Job(MediaWorker worker, string instance, Task end, MediaWork work = MediaWork.Transfer) => Done = worker.RunAsync(instance, work, async _ =>
        {
            _started.SetResult();
            await end;
            return 0;
        }, None);

        public Task Started => _started.Task;
        public Task Done { get; }
    }
}
