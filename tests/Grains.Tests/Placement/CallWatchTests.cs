using System.Reflection;
using Microsoft.Extensions.Time.Testing;
using Orleans.Runtime;
using Orleans.Serialization.Invocation;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Silo.Cluster;

namespace WhatsApp.Grains.Tests.Placement;

/// <summary>Calls of a gateway whose answer does not come.</summary>
public sealed class CallWatchTests : IAsyncDisposable
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(250);
    private readonly FakeTimeProvider _time = new();
    private readonly ClusterConnection _cluster = new(isRemote: true);
    private readonly CallWatch _watch;
    private Func<Task> _status = static () => Task.CompletedTask;

    public CallWatchTests() => _watch = new CallWatch(_cluster, _time, _ => _status());

    public async ValueTask DisposeAsync()
    {
        await _watch.StopAsync(CancellationToken.None);
        _watch.Dispose();
    }

    [Fact]
    public async Task A_call_that_may_be_made_again_is_given_up_when_a_silo_has_gone()
    {
        await _watch.StartAsync(CancellationToken.None);
        _cluster.MayRepeat = true;
        var call = _watch.Invoke(new Call("catalog"));
        _watch.SiloLost();
        await AdvanceUntilAsync(() => call.IsCompleted);
        await Assert.ThrowsAsync<SiloUnavailableException>(() => call);
    }

    [Fact]
    public async Task A_call_that_may_not_be_made_again_waits_for_its_answer_when_a_silo_has_gone()
    {
        await _watch.StartAsync(CancellationToken.None);
        var context = new Call("instance");
        var call = _watch.Invoke(context);
        _watch.SiloLost();
        await AdvanceAsync(CallWatch.Silence * 3);
        Assert.False(call.IsCompleted);
        context.Answer.SetResult();
        await call;
    }

    [Fact]
    public async Task A_call_that_began_after_the_loss_is_not_meant()
    {
        await _watch.StartAsync(CancellationToken.None);
        _cluster.MayRepeat = true;
        _watch.SiloLost();
        var context = new Call("instance");
        var call = _watch.Invoke(context);
        await AdvanceAsync(CallWatch.Silence);
        Assert.False(call.IsCompleted);
        context.Answer.SetResult();
        await call;
    }

    [Fact]
    public async Task Silence_ends_a_call_and_an_answer_that_comes_too_late_is_nobodys()
    {
        await _watch.StartAsync(CancellationToken.None);
        var context = new Call("webhook");
        var call = _watch.Invoke(context);
        await AdvanceUntilAsync(() => call.IsCompleted);
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        context.Answer.SetException(new InvalidOperationException("late"));
    }

    [Fact]
    public async Task Long_work_of_an_instance_that_tells_its_status_goes_on()
    {
        await _watch.StartAsync(CancellationToken.None);
        var context = new Call("instance");
        var call = _watch.Invoke(context);
        await AdvanceAsync(TimeSpan.FromMinutes(1));
        Assert.False(call.IsCompleted);
        context.Answer.SetResult();
        await call;
    }

    [Fact]
    public async Task An_instance_that_does_not_tell_its_status_either_is_not_waited_for()
    {
        await _watch.StartAsync(CancellationToken.None);
        var asked = 0;
        _status = () =>
        {
            asked++;
            return new TaskCompletionSource().Task;
        };
        var call = _watch.Invoke(new Call("instance"));
        await AdvanceUntilAsync(() => call.IsCompleted);
        await Assert.ThrowsAsync<TimeoutException>(() => call);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task An_answer_is_the_answer_whatever_it_is()
    {
        await _watch.StartAsync(CancellationToken.None);
        var context = new Call("instance");
        var call = _watch.Invoke(context);
        context.Answer.SetException(new InstanceProblemException("instance-busy", "moving"));
        Assert.Equal("instance-busy", (await Assert.ThrowsAsync<InstanceProblemException>(() => call)).Code);
    }

    // The loop of the watch runs on the pool: each step of the clock is given it.
    private async Task AdvanceAsync(TimeSpan span)
    {
        for (var passed = TimeSpan.Zero; passed < span; passed += Step)
        {
            _time.Advance(Step);
            await Task.Delay(2);
        }
    }

    private async Task AdvanceUntilAsync(Func<bool> done)
    {
        for (var left = 4000; !done(); left--)
        {
            Assert.True(left > 0, "the call never ended");
            await AdvanceAsync(Step);
        }
    }

    private sealed class Call(string grainType) : IOutgoingGrainCallContext, IAddressable
    {
        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
        public GrainId TargetId => GrainId.Create(grainType, "one");
        public string MethodName => "DeleteAsync";
        public object Grain => this;
        public Task Invoke() => Answer.Task;

        public IInvokable Request => throw new NotSupportedException();
        public GrainId? SourceId => null;
        public GrainInterfaceType InterfaceType => default;
        public string InterfaceName => "";
        public MethodInfo InterfaceMethod => throw new NotSupportedException();
        public object? Result { get; set; }
        public Response? Response { get; set; }
        public IGrainContext? SourceContext => null;
    }
}
