using System.Collections.Concurrent;

namespace WhatsApp.Sandbox.Network;

/// <summary>All sockets that are open now.</summary>
internal sealed class ConnectionRegistry(SandboxStats stats)
{
    private readonly ConcurrentDictionary<Connection, byte> _all = new();

    public IEnumerable<Connection> All => _all.Keys;

    public void Add(Connection connection)
    {
        _all[connection] = 0;
        stats.ConnectionOpened();
    }

    public bool Contains(Connection connection) => _all.ContainsKey(connection);

    public void Remove(Connection connection)
    {
        if (_all.TryRemove(connection, out _))
            stats.ConnectionClosed();
    }
}
