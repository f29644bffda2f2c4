namespace WhatsApp.Grains.Abstractions;

/// <summary>Whether this process reaches the cluster; always so when the silo is its own. Thread-safe.</summary>
/// <param name="isRemote">True in a gateway beside silos of their own.</param>
public sealed class ClusterConnection(bool isRemote)
{
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
}
