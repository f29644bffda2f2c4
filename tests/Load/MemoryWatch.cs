namespace WhatsApp.Load;

/// <summary>Looks at the gateway's memory twenty times a second.</summary>
internal sealed class MemoryWatch : IDisposable
{
    private readonly GatewayProcess _gateway;
    private readonly Timer _timer;
    private double _highest;

    public MemoryWatch(GatewayProcess gateway)
    {
        _gateway = gateway;
        _timer = new Timer(_ => Look(), null, TimeSpan.Zero, TimeSpan.FromMilliseconds(50));
    }

    /// <summary>MB, resident.</summary>
    public double Highest
    {
        get
        {
            Look();
            return _highest;
        }
    }

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        lock (_timer)
            _highest = Math.Max(_highest, _gateway.Memory.Now);
    }
}
