using System.Collections.Concurrent;
using Orleans;
using Orleans.Runtime;
using WhatsApp.Grains.Abstractions;
using WhatsApp.Grains.Abstractions.Instances;

namespace WhatsApp.Silo.Cluster;

/// <summary>
/// Sees to it that no call of a gateway hangs because of a silo that has gone. Orleans itself does not tell a client that the silo died which had its call, nor the
/// one its answer was to come through: it waits for the whole response timeout.
/// <list type="bullet">
/// <item>A silo has gone (<see cref="SiloLost"/>): calls that may be made again are given up a moment later with <see cref="SiloUnavailableException"/>.</item>
/// <item>No answer for a while: an instance is asked for its status, which it can tell whatever it is doing. Long work goes on; silence ends in
/// <see cref="TimeoutException"/> after <see cref="Silence"/>, as does a call to anything else.</item>
/// </list>
/// </summary>
internal sealed class CallWatch(ClusterConnection cluster, TimeProvider time) : BackgroundService, IOutgoingGrainCallFilter
{
    /// <summary>Nothing heard for so long: nobody is there.</summary>
    public static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);
    // An answer that is on its way from a silo that lives arrives meanwhile.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(2);
    private const string InstanceType = "instance";

    private readonly ConcurrentDictionary<WatchedCall, byte> _calls = new();

    /// <summary>A silo does not take calls any more, or its connection has gone: answers may have gone with it.</summary>
    public void SiloLost()
    {
        var now = time.GetTimestamp();
        foreach (var (call, _) in _calls)
            call.LostAt ??= now;
    }

    /// <inheritdoc/>
    public async Task Invoke(IOutgoingGrainCallContext context)
    {
        var answer = context.Invoke();
        if (!answer.IsCompleted)
        {
            var call = new WatchedCall(ProbeOf(context), cluster.MayRepeat, time.GetTimestamp());
            _calls[call] = 0;
            try
            {
                if (await Task.WhenAny(answer, call.Verdict.Task) != answer && !answer.IsCompleted)
                {
                    Forget(answer);
                    throw await call.Verdict.Task;
                }
            }
            finally
            {
                _calls.TryRemove(call, out _);
            }
        }
        await answer;
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var ticks = new PeriodicTimer(Tick, time);
        while (await ticks.WaitForNextTickAsync(stoppingToken))
            foreach (var (call, _) in _calls)
                Check(call);
    }

    private void Check(WatchedCall call)
    {
        if (call is { MayRepeat: true, LostAt: { } lost } && time.GetElapsedTime(lost) >= Grace)
            call.Verdict.TrySetResult(new SiloUnavailableException("a silo has gone while it was asked"));
        else if (time.GetElapsedTime(call.HeardAt) >= Silence)
            call.Verdict.TrySetResult(new TimeoutException($"nothing heard for {Silence.TotalSeconds} s"));
        else if (call.Probe is { } probe && !call.IsProbing && time.GetElapsedTime(call.HeardAt) >= Look)
            _ = ProbeAsync(call, probe);
    }

    private async Task ProbeAsync(WatchedCall call, Func<Task> probe)
    {
        call.IsProbing = true;
        try
        {
            await probe();
            call.HeardAt = time.GetTimestamp();
        }
        catch (InstanceProblemException)
        {
            // An answer as well.
            call.HeardAt = time.GetTimestamp();
        }
        catch (Exception)
        {
            // Nobody there, now: asked again until the silence has lasted too long.
        }
        call.IsProbing = false;
    }

    // The status interleaves with everything an instance does, and waits for nothing; asking for it is watched too, and ends with the silence.
    private static Func<Task>? ProbeOf(IOutgoingGrainCallContext context) =>
        context.TargetId.Type.ToString() == InstanceType && context.MethodName != nameof(IInstanceGrain.GetStatusAsync) && context.Grain is IAddressable instance
            ? () => instance.AsReference<IInstanceGrain>().GetStatusAsync() : null;

    // Its answer, if one comes, is nobody's.
    private static void Forget(Task answer) =>
        _ = answer.ContinueWith(static late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);

    private sealed class WatchedCall(Func<Task>? probe, bool mayRepeat, long startedAt)
    {
        private long _heardAt = startedAt;
        private long _lostAt;
        private volatile bool _isProbing;

        public Func<Task>? Probe => probe;
        public bool MayRepeat => mayRepeat;
        public TaskCompletionSource<Exception> Verdict { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public long HeardAt
        {
            get => Volatile.Read(ref _heardAt);
            set => Volatile.Write(ref _heardAt, value);
        }

        // Timestamps are never 0 on a machine that has started.
        public long? LostAt
        {
            get => Volatile.Read(ref _lostAt) is not 0 and var at ? at : null;
            set => Volatile.Write(ref _lostAt, value ?? 0);
        }

        public bool IsProbing
        {
            get => _isProbing;
            set => _isProbing = value;
        }
    }
}
