namespace WhatsApp.Protocol.Connection;

/// <summary>The device's snapshot: written on the owner's scheduler, read and awaited from anywhere.</summary>
internal sealed class StatusBoard
{
    private readonly Lock _lock = new();
    private DeviceSnapshot _shown = new(DeviceStatus.Created, null, null, null, null, null, null, null, null);
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The snapshot without the moment of proof, which moves all the time.</summary>
    public DeviceSnapshot Shown
    {
        get
        {
            lock (_lock)
                return _shown;
        }
    }

    /// <summary>Shows something else and wakes those who wait.</summary>
    public void Change(Func<DeviceSnapshot, DeviceSnapshot> change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            var next = change(_shown);
            if (next == _shown)
                return;
            _shown = next;
            changed = _changed;
            _changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        changed.SetResult();
    }

    /// <summary>Completes when the snapshot is not <paramref name="seen"/> any more, proofs of life apart.</summary>
    public async Task WaitForChangeAsync(DeviceSnapshot seen, CancellationToken cancellationToken)
    {
        Task changed;
        lock (_lock)
        {
            if (seen with { VerifiedAt = _shown.VerifiedAt } != _shown)
                return;
            changed = _changed.Task;
        }
        await changed.WaitAsync(cancellationToken);
    }
}
