using WhatsApp.Sandbox.Accounts;

namespace WhatsApp.Sandbox.Faults;

/// <summary>The faults that wait to strike, oldest first. Thread-safe; free of cost while there are none.</summary>
public sealed class FaultRegistry
{
    private sealed class Armed(Fault fault)
    {
        public Fault Fault { get; } = fault;
        public int Left { get; set; } = fault.Count;
    }

    private readonly Lock _gate = new();
    private readonly SandboxStats _stats;
    private volatile List<Armed> _armed = [];

    internal FaultRegistry(SandboxStats stats) => _stats = stats;

    /// <summary>Called when a fault was added, for those that strike open connections at once.</summary>
    internal Action<Fault>? Added { get; set; }

    /// <summary>Arms a fault.</summary>
    /// <exception cref="ArgumentException">Its parameters do not fit.</exception>
    public void Add(Fault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        if (fault.Problem() is { } problem)
            throw new ArgumentException(problem, nameof(fault));
        lock (_gate)
            _armed = [.. _armed, new Armed(fault)];
        Added?.Invoke(fault);
    }

    /// <summary>Disarms everything.</summary>
    public void Clear()
    {
        lock (_gate)
            _armed = [];
    }

    /// <summary>The first fault of this kind for this device, counted down; null when none is armed.</summary>
    internal Fault? Take(FaultKind kind, Account? account, int device, Func<Fault, bool>? when = null)
    {
        if (_armed.Count == 0)
            return null;
        lock (_gate)
        {
            foreach (var armed in _armed)
            {
                if (armed.Fault.Kind != kind || !armed.Fault.Targets(account, device) || when?.Invoke(armed.Fault) == false)
                    continue;
                if (--armed.Left == 0)
                    _armed = [.. _armed.Where(other => other != armed)];
                _stats.FaultInjected();
                return armed.Fault;
            }
        }
        return null;
    }
}
