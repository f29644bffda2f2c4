using Orleans.Runtime;
using Orleans.Runtime.Placement;
using WhatsApp.Protocol;

namespace WhatsApp.Grains.Instances;

// Moves to another silo, asked for by this one.
internal sealed partial class InstanceGrain
{
    private static readonly TimeSpan AfterMove = TimeSpan.FromMinutes(2);

    private int _sending;
    private bool _cameBack;

    /// <summary>Runs on the grain's own scheduler, beside its requests.</summary>
    internal static void On(IGrainContext activation, Action<InstanceGrain> act) => activation.Scheduler.QueueAction(() =>
    {
        if (activation.GrainInstance is InstanceGrain grain)
            act(grain);
    });

    /// <summary>True when it is open and nothing is in the middle: no linking, no send that somebody waits for, no file on its way.</summary>
    internal bool IsIdle =>
        _ownership is not null && _oneChange.CurrentCount > 0 && _sending == 0 && _files is not { IsWorking: true } && _mediaSends is not { IsWorking: true }
        && _run?.Device?.Snapshot is { Status: DeviceStatus.Open };

    /// <summary>Moves when <see cref="IsIdle"/>. False = stays.</summary>
    internal bool TryMove(SiloAddress to)
    {
        if (!IsIdle)
            return false;
        GrainContext.Migrate(new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = to }, CancellationToken.None);
        return true;
    }

    /// <summary>
    /// Another client took the connection, and the instance is still ours. Mostly that is somebody else, and to connect again would be to fight.
    /// But an owner before us that had not heard of its end may have logged in once more after us, and found out then: after a move we
    /// try again, slowly and once.
    /// </summary>
    private void OnReplaced()
    {
        if (_ownership is not { Moves.Count: > 0 } ownership || _cameBack || time.GetUtcNow() - ownership.Moves[^1].At > AfterMove)
            return;
        _cameBack = true;
        this.RegisterGrainTimer(static (grain, token) => grain.ComeBackAsync(token), this,
            new GrainTimerCreationOptions(timings.Value.ReplacedPause * (1 + Random.Shared.NextDouble()), Timeout.InfiniteTimeSpan));
    }

    private async Task ComeBackAsync(CancellationToken cancellationToken)
    {
        await _oneChange.WaitAsync(cancellationToken);
        try
        {
            if (_run?.Device is { } device && _host?.Status is { Status: "closed", LastDisconnect.Reason: "connection_replaced" })
                await device.RestartAsync(cancellationToken);
        }
        finally
        {
            _oneChange.Release();
        }
    }
}
