using System.Diagnostics;

namespace WhatsApp.Sandbox.Network;

/// <summary>What a device's connection did, at which time since the network started.</summary>
/// <param name="PhoneNumber">The account.</param>
/// <param name="Device">Number of the companion.</param>
/// <param name="At">Since the start of the network.</param>
/// <param name="Step">What happened.</param>
public sealed record ConnectionStep(string PhoneNumber, int Device, TimeSpan At, ConnectionStepKind Step);

/// <summary>Kinds of <see cref="ConnectionStep"/>.</summary>
public enum ConnectionStepKind
{
    /// <summary>Logged in.</summary>
    Login,
    /// <summary>Logged in while another socket of the same device was: that one was told it is replaced.</summary>
    TakeOver,
    /// <summary>Asked for its backlog: it is open.</summary>
    Active,
    /// <summary>Its socket is gone.</summary>
    Closed,
}

/// <summary>Every login and end of companions, in order: who asks later sees overlaps, fights and times. Thread-safe; the latest 200,000 are kept.</summary>
public sealed class ConnectionLog
{
    private const int Kept = 200_000;
    private readonly Lock _gate = new();
    private readonly Queue<ConnectionStep> _steps = new();
    private readonly long _start = Stopwatch.GetTimestamp();

    /// <summary>Time since the network started.</summary>
    public TimeSpan Now => Stopwatch.GetElapsedTime(_start);

    /// <summary>What happened from then on.</summary>
    public IReadOnlyList<ConnectionStep> Since(TimeSpan at)
    {
        lock (_gate)
            return [.. _steps.Where(step => step.At >= at)];
    }

    internal void Add(Accounts.Device device, ConnectionStepKind kind)
    {
        if (device.IsPhone)
            return;
        lock (_gate)
        {
            _steps.Enqueue(new ConnectionStep(device.Account.PhoneNumber, device.Number, Now, kind));
            if (_steps.Count > Kept)
                _steps.Dequeue();
        }
    }
}
