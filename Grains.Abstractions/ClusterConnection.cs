namespace WhatsApp.Grains.Abstractions;

/// <summary>Whether this process reaches the cluster; always so when the silo is its own. Thread-safe.</summary>
/// <param name="isRemote">True in a gateway beside silos of their own.</param>
public sealed class ClusterConnection(bool isRemote)
{
    private readonly AsyncLocal<bool> _mayRepeat = new();
    private volatile int _silos = isRemote ? 0 : 1;

    /// <summary>True in a gateway whose silos are other processes: calls may fail because one of them has just gone.</summary>
    public bool IsRemote => isRemote;

    /// <summary>True while at least one silo takes our calls.</summary>
    public bool IsUp => _silos > 0;

    /// <summary>How many silos take our calls.</summary>
    public int Silos
    {
        get => _silos;
        set => _silos = value;
    }

    /// <summary>
    /// True in the calls of whoever said so: they may be done twice, so that one whose answer may have been lost with a silo is rather given up soon
    /// (<c>SiloUnavailableException</c>) and made again than waited for. Flows down to what is called, never up to the caller.
    /// </summary>
    public bool MayRepeat
    {
        get => _mayRepeat.Value;
        set => _mayRepeat.Value = value;
    }
}
