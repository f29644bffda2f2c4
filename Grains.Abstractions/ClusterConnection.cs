namespace WhatsApp.Grains.Abstractions;

/// <summary>Whether this process reaches the cluster; always so when the silo is its own. Thread-safe.</summary>
/// <param name="isRemote">True in a gateway beside silos of their own.</param>
public sealed class ClusterConnection(bool isRemote)
{
    private volatile bool _isUp = !isRemote;

    /// <summary>True in a gateway whose silos are other processes: calls may fail because one of them has just gone.</summary>
    public bool IsRemote => isRemote;

    /// <summary>True while at least one silo takes our calls.</summary>
    public bool IsUp
    {
        get => _isUp;
        set => _isUp = value;
    }
}
